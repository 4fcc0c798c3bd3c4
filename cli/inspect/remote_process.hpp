/// A running process that carries cenote, looked at from outside.
///
///     RemoteProcess process(4711);
///     std::puts(stats::to_table(process.snapshot()).c_str());
///
/// It is not stopped, asked or told; it may be busy, stuck, or stopped by a signal. Its figures are read
/// where its pools keep them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cenote/stats.hpp>

#include "inspect/heap_map.hpp"
#include "inspect/live_profile.hpp"
#include "inspect/remote_tables.hpp"
#include "process_facts.hpp"

namespace cenote::cli {

/// Threads     one at a time, each object.
class RemoteProcess {
 public:
  /// Throws Failure when the process is not there, not to be read, or carries no cenote of this build.
  explicit RemoteProcess(pid_t process);

  /// What its pools hold now. Finds the tables anew when it has started another program meanwhile.
  /// Throws Failure; ProcessEnded when it has ended, and when its number is another process's by now.
  stats::Snapshot snapshot();

  /// What lies in its heaps' memory now. Throws likewise.
  inspect::HeapMap heap_map();
  /// The slab at `address`; empty when there is none. Throws likewise.
  std::optional<inspect::SlabMap> slab_map(std::uintptr_t address);

  /// The heap profile that it makes; empty when it makes none. Throws likewise.
  std::optional<inspect::LiveProfile> live_profile();

  const ProcessFacts& facts() const noexcept { return facts_; }
  pid_t id() const noexcept { return facts_.id; }
  const std::string& command() const noexcept { return facts_.command; }
  /// The modules that carry cenote, and where their tables lie.
  const std::vector<inspect::ModuleTables>& modules() const noexcept { return modules_; }
  /// Modules that carry another version, whose pools no snapshot has.
  const std::vector<std::string>& unreadable_modules() const noexcept { return unreadable_; }

 private:
  void look_up();
  void attach();
  std::optional<inspect::HeapMap> try_heap_map() const;
  std::optional<inspect::LiveProfile> try_live_profile() const;

  ProcessFacts facts_{};
  std::vector<inspect::ModuleTables> modules_{};
  std::vector<std::string> unreadable_{};
};

/// One snapshot. Throws as RemoteProcess does.
stats::Snapshot remote_snapshot(pid_t process);

}  // namespace cenote::cli
