/// What is done beside a run: at its start, at its end, and before it is asked to stop.
#pragma once

namespace cenote::cli {

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// The program runs. From here on the observer may have threads of its own.
  virtual void started() {}
  /// A signal that asks the program to stop has come, and is not passed on yet. Signals of the terminal reach
  /// the program by themselves.
  virtual void before_stop() noexcept {}
  /// The program has ended; processes that it started may still run. The observer's threads end here.
  virtual void ended() noexcept {}
};

}  // namespace cenote::cli
