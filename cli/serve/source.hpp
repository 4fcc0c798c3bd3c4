/// Where the page's figures come from: processes, read from outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cenote/stats.hpp>

#include "../inspect/refusals.hpp"
#include "inspect/heap_map.hpp"

namespace cenote::cli {

/// A process that has cenote, or was asked for by its id.
struct ProcessEntry {
  pid_t pid = 0;
  std::string command{};       // its name
  std::string command_line{};  // with its arguments
  std::string refusal{};       // why it cannot be looked at; empty: it can
};

/// Throws, wherever it reads, ProcessEnded, or Failure when the process must not or cannot be read.
///
/// Threads     any.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;
  virtual std::vector<ProcessEntry> processes() = 0;
  virtual stats::Snapshot snapshot(pid_t pid) = 0;
  virtual inspect::HeapMap map(pid_t pid) = 0;
  /// Empty when no slab lies at `address`.
  virtual std::optional<inspect::SlabMap> slab(pid_t pid, std::uintptr_t address) = 0;
  /// The heap profile in pprof's format. Throws MakesNoProfile, too.
  virtual std::string profile(pid_t pid) = 0;
};

}  // namespace cenote::cli
