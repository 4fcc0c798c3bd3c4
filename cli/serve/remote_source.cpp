#include "remote_source.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "../inspect/process_facts.hpp"
#include "../inspect/process_list.hpp"
#include "../profile/process_profile.hpp"

namespace cenote::cli {
namespace {

ProcessEntry entry_of(const CenoteProcess& process) {
  return {.pid = process.facts.id, .command = process.facts.command, .command_line = process.command_line};
}

/// One that was watched from the start, as it is now.
ProcessEntry as_now(ProcessEntry entry) {
  const auto facts = facts_of(entry.pid);
  if (!facts || facts->has_ended()) entry.refusal = "It has ended.";
  return entry;
}

}  // namespace

// What fails is looked up anew the next time: the process may run another program by then.
template <class Read>
auto RemoteSource::read(pid_t pid, Read read_it) {
  const std::shared_ptr<Opened> target = opened(pid);
  const std::lock_guard guard{target->mutex};
  try {
    if (!target->process) target->process.emplace(pid);
    return read_it(*target->process);
  } catch (...) {
    target->process.reset();
    forget(pid);
    throw;
  }
}

RemoteSource::RemoteSource(const std::vector<pid_t>& watched) {
  for (const pid_t pid : watched) {
    const std::string command = read(pid, [](const RemoteProcess& process) { return process.command(); });
    watched_.push_back({.pid = pid, .command = command, .command_line = command_line_of(pid)});
  }
}

std::vector<ProcessEntry> RemoteSource::processes() {
  std::vector<ProcessEntry> entries;
  if (!watched_.empty()) {
    std::ranges::transform(watched_, std::back_inserter(entries), as_now);
  } else {
    std::ranges::transform(cenote_processes().processes, std::back_inserter(entries), entry_of);
  }
  return entries;
}

stats::Snapshot RemoteSource::snapshot(pid_t pid) {
  check_watched(pid);
  return read(pid, [](RemoteProcess& process) { return process.snapshot(); });
}

inspect::HeapMap RemoteSource::map(pid_t pid) {
  check_watched(pid);
  return read(pid, [](RemoteProcess& process) { return process.heap_map(); });
}

std::optional<inspect::SlabMap> RemoteSource::slab(pid_t pid, std::uintptr_t address) {
  check_watched(pid);
  return read(pid, [&](RemoteProcess& process) { return process.slab_map(address); });
}

std::string RemoteSource::profile(pid_t pid) {
  check_watched(pid);
  return read(pid, [&](RemoteProcess& process) {
    const std::lock_guard guard{symbolizer_mutex_};
    return process_profile(process, symbolizer_);
  });
}

void RemoteSource::check_watched(pid_t pid) const {
  if (watched_.empty() || std::ranges::find(watched_, pid, &ProcessEntry::pid) != watched_.end()) return;
  throw Failure(
      fmt::format("process {} is not watched: start `cenote serve` with its number, or with none", pid));
}

std::shared_ptr<RemoteSource::Opened> RemoteSource::opened(pid_t pid) {
  const std::lock_guard guard{mutex_};
  std::shared_ptr<Opened>& target = opened_[pid];
  if (target == nullptr) target = std::make_shared<Opened>();
  return target;
}

void RemoteSource::forget(pid_t pid) {
  const std::lock_guard guard{mutex_};
  opened_.erase(pid);
}

}  // namespace cenote::cli
