/// Runs a program and measures it.
#pragma once

#include <sys/types.h>

#include <optional>

#include "../measure/measurement.hpp"
#include "child.hpp"
#include "leftovers.hpp"
#include "peak_watcher.hpp"
#include "run_observer.hpp"
#include "signal_gate.hpp"

namespace cenote::cli {

struct RunResult {
  Measurement measurement;
  pid_t process = 0;
  ExitStatus exit;
  std::optional<int> interrupted;  // the signal that asked us to stop meanwhile
};

/// Runs the program to its end. Signals that ask us to stop are passed on to it and all below it, but for
/// those of the terminal, which sent them there itself; after one, what the program leaves is ended, daemons
/// excepted. `observer` is told of the start, of the end, and of each signal that asks to stop before it is
/// passed on.
///
/// Errors   throws Failure when the program cannot be started.
/// Threads  one run at a time; no other thread.
RunResult measured_run(const Launch& launch, const SignalGate& signals, Leftovers leftovers,
                       PeakWatcher* watcher = nullptr, RunObserver* observer = nullptr);

}  // namespace cenote::cli
