#include "remote_process.hpp"

#include <cerrno>
#include <chrono>

#include "../process/process_tree.hpp"
#include "mapped_modules.hpp"
#include "module_notes.hpp"
#include "module_tables.hpp"
#include "refusals.hpp"
#include "remote_peek.hpp"

namespace cenote::cli {
namespace {

using inspect::Reading;

constexpr int kTries = 8;

std::uint64_t unix_milliseconds() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

std::vector<MappedModule> readable_modules(const ProcessFacts& facts) {
  const auto modules = modules_of(facts.id);
  if (!modules && errno == EACCES) throw is_refused(facts, Permission::current());
  if (facts.is_of_kernel) throw has_no_memory(facts);
  if (!modules || modules->empty()) throw has_ended(facts);
  std::byte probe{};
  errno = 0;
  if (!RemotePeek(facts.id).read(reinterpret_cast<const void*>(modules->front().start), probe) &&
      (errno == EPERM || errno == ENOSYS))
    throw is_refused(facts, Permission::current());
  return *modules;
}

}  // namespace

RemoteProcess::RemoteProcess(pid_t process) {
  facts_.id = process;
  look_up();
  attach();
}

void RemoteProcess::look_up() {
  const auto now = facts_of(facts_.id);
  if (!now) throw facts_.start_time == 0 ? no_such_process(facts_.id) : has_ended(facts_);
  const bool is_another = facts_.start_time != 0 && facts_.start_time != now->start_time;
  if (is_another || now->has_ended()) throw has_ended(is_another ? facts_ : *now);
  facts_ = *now;
}

void RemoteProcess::attach() {
  modules_.clear();
  unreadable_.clear();
  const RemotePeek peek(facts_.id);
  bool has_foreign = false;
  for (const MappedModule& module : readable_modules(facts_)) {
    const ModuleNotes notes = read_notes(peek, module.start);
    has_foreign |= notes.is_foreign;
    const FoundTables found = find_tables(peek, module, notes);
    if (found.fit == Fit::fits) modules_.push_back(found.tables);
    if (found.fit == Fit::other_layout) unreadable_.push_back(module.path);
  }
  if (!modules_.empty()) return;
  look_up();  // it may have ended meanwhile
  if (!unreadable_.empty()) throw has_other_layout(facts_, unreadable_.front());
  throw has_foreign ? has_other_word_size(facts_) : has_no_cenote(facts_);
}

stats::Snapshot RemoteProcess::snapshot() {
  look_up();
  stats::Snapshot now{.process_id = static_cast<std::uint64_t>(facts_.id)};
  Reading reading = Reading::not_there;
  for (int i = 0; i < kTries && reading != Reading::whole; ++i) {
    now.unix_milliseconds = unix_milliseconds();
    const RemotePeek fresh(facts_.id);
    const CachedPeek steady(fresh);
    reading = inspect::read_tables(modules_, {steady, fresh}, now);
    if (reading == Reading::not_there) attach();
  }
  look_up();
  if (reading == Reading::not_there) throw is_just_starting(facts_);
  now.resident_bytes = resident_bytes(facts_.id);
  if (now.resident_bytes == 0) throw has_ended(facts_);
  return now;
}

inspect::HeapMap RemoteProcess::heap_map() {
  look_up();
  for (int i = 0; i < kTries; ++i) {
    if (auto map = try_heap_map()) return std::move(*map);
    attach();
  }
  throw is_just_starting(facts_);
}

std::optional<inspect::HeapMap> RemoteProcess::try_heap_map() const {
  const RemotePeek fresh(facts_.id);
  const CachedPeek steady(fresh);
  inspect::HeapMap map;
  for (const inspect::ModuleTables& module : modules_) {
    if (module.backing == nullptr) continue;
    const auto anchor = inspect::heap_anchor(module, fresh);
    auto part = anchor ? inspect::heap_map({steady, *anchor, module.listings}) : std::nullopt;
    if (!part) return {};
    join(map, std::move(*part));
  }
  return map;
}

std::optional<inspect::SlabMap> RemoteProcess::slab_map(std::uintptr_t address) {
  look_up();
  const RemotePeek fresh(facts_.id);
  const CachedPeek steady(fresh);
  for (const inspect::ModuleTables& module : modules_) {
    const auto anchor = inspect::heap_anchor(module, fresh);
    auto slab = anchor ? inspect::slab_map({steady, *anchor, module.listings}, address) : std::nullopt;
    if (slab) return slab;
  }
  return {};
}

// Without a profile, it may run another program by now.
std::optional<inspect::LiveProfile> RemoteProcess::live_profile() {
  look_up();
  if (auto profile = try_live_profile()) return profile;
  attach();
  return try_live_profile();
}

std::optional<inspect::LiveProfile> RemoteProcess::try_live_profile() const {
  const RemotePeek peek(facts_.id);
  std::optional<inspect::LiveProfile> whole;
  for (const inspect::ModuleTables& module : modules_) {
    auto part = module.profile == nullptr ? std::nullopt : inspect::live_profile(module.profile, peek);
    if (part && whole)
      join(*whole, std::move(*part));
    else if (part)
      whole = std::move(part);
  }
  return whole;
}

stats::Snapshot remote_snapshot(pid_t process) { return RemoteProcess(process).snapshot(); }

}  // namespace cenote::cli
