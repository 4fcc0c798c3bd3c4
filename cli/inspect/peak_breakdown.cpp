#include "peak_breakdown.hpp"

#include <utility>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

void add_to(stats::Snapshot& together, const stats::Snapshot& process) {
  together.resident_bytes += process.resident_bytes;
  together.process += process.process;
  together.pools.insert(together.pools.end(), process.pools.begin(), process.pools.end());
}

}  // namespace

void PeakBreakdown::at_peak(std::span<const pid_t> processes, double seconds) {
  Breakdown now{.seconds = seconds};
  for (const pid_t process : processes) add(process, now);
  if (now.processes != 0) last_ = std::move(now);
}

// Processes come and go: one that cannot be read now has often ended by now, or just begun.
void PeakBreakdown::add(pid_t process, Breakdown& breakdown) {
  try {
    RemoteProcess& known = processes_.try_emplace(process, process).first->second;
    add_to(breakdown.together, known.snapshot());
    ++breakdown.processes;
  } catch (const Failure&) {
    processes_.erase(process);
    ++breakdown.unread;
  }
}

}  // namespace cenote::cli
