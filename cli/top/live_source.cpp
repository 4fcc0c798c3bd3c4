#include "live_source.hpp"

#include "../inspect/process_list.hpp"
#include "../inspect/refusals.hpp"

namespace cenote::cli {
namespace {

std::string remark_about(const ProcessList& list) {
  if (!list.processes.empty()) return {};
  if (list.refused != 0 && Permission::current().ptrace_scope.value_or(0) > 0)
    return "kernel.yama.ptrace_scope forbids looking into processes: run this as root";
  return "none; start a program with `cenote run -- CMD`";
}

}  // namespace

TopSource::Found LiveSource::list() {
  const ProcessList list = cenote_processes();
  Found found{.remark = remark_about(list)};
  for (const CenoteProcess& process : list.processes) try {
      const stats::Snapshot now = snapshot(process.facts.id);
      found.processes.push_back({.id = process.facts.id,
                                 .command_line = process.command_line,
                                 .live_bytes = now.process.live(),
                                 .resident_bytes = now.resident_bytes});
    } catch (const Failure&) {
      continue;  // it has ended since
    }
  return found;
}

stats::Snapshot LiveSource::snapshot(pid_t process) try {
  return opened(process).snapshot();
} catch (const Failure&) {
  opened_.erase(process);
  throw;
}

RemoteProcess& LiveSource::opened(pid_t process) {
  const auto found = opened_.find(process);
  return found != opened_.end() ? found->second
                                : opened_.emplace(process, RemoteProcess(process)).first->second;
}

}  // namespace cenote::cli
