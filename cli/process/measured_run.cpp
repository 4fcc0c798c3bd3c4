#include "measured_run.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>

#include "process_tree.hpp"
#include "resident_sampler.hpp"

namespace cenote::cli {
namespace {

double seconds_of(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Adds what the kernel counted for one reaped process and all that it reaped itself.
void add_usage(const rusage& usage, Measurement& measurement) noexcept {
  constexpr std::uint64_t kMaxrssUnit = 1024;  // getrusage(2): KiB
  const auto largest = static_cast<std::uint64_t>(usage.ru_maxrss) * kMaxrssUnit;
  measurement.cpu_s += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  measurement.minor_faults += static_cast<std::uint64_t>(usage.ru_minflt);
  measurement.major_faults += static_cast<std::uint64_t>(usage.ru_majflt);
  measurement.largest_process_bytes = std::max(measurement.largest_process_bytes, largest);
}

/// Reaps what has ended: orphans too. Whether `child` was among them.
bool reap(pid_t child, RunResult& result) noexcept {
  bool ended = false;
  int status = 0;
  rusage usage = {};
  for (pid_t gone = 0; (gone = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    add_usage(usage, result.measurement);
    if (gone != child) continue;
    result.exit = ExitStatus(status);
    ended = true;
  }
  return ended;
}

/// Waits for the end of `child`, passing signals on.
void attend(pid_t child, const SignalGate& signals, RunObserver& observer, RunResult& result) noexcept {
  while (!reap(child, result)) {
    const siginfo_t signal = signals.wait();
    if (signal.si_signo == SIGCHLD) continue;
    result.interrupted = signal.si_signo;
    observer.before_stop();
    if (!from_terminal(signal)) signal_descendants(signal.si_signo);
  }
}

Leftovers after(const RunResult& result, Leftovers leftovers) noexcept {
  return result.interrupted && leftovers == Leftovers::keep ? Leftovers::end_session : leftovers;
}

}  // namespace

RunResult measured_run(const Launch& launch, const SignalGate& signals, Leftovers leftovers,
                       PeakWatcher* watcher, RunObserver* observer) {
  RunObserver nobody;
  RunObserver& observed_by = observer != nullptr ? *observer : nobody;
  adopt_orphans();
  RunResult result;
  const auto begin = ResidentSampler::Clock::now();
  const pid_t child = result.process = start(launch);
  ResidentSampler sampler(begin, watcher);
  observed_by.started();
  attend(child, signals, observed_by, result);
  result.measurement.wall_s = std::chrono::duration<double>(ResidentSampler::Clock::now() - begin).count();
  observed_by.ended();
  sampler.stop();
  result.measurement.tree_peak_bytes = sampler.series().peak_bytes();
  result.measurement.resident = sampler.series().samples();
  result.measurement.processes_seen = std::max<std::size_t>(sampler.processes_seen(), 1);
  end_leftovers(after(result, leftovers));
  return result;
}

}  // namespace cenote::cli
