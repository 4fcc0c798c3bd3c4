/// Work that several threads share for a moment: the caller, and some that are started for it and end with it.
#pragma once

namespace cenote::os {

/// One piece of work, which each thread takes parts of until nothing is left.
class Work {
 public:
  /// Called once by each thread that was started for it, before `run`.
  virtual void prepare() noexcept {}
  /// Returns when no part is left to take.
  virtual void run() noexcept = 0;

 protected:
  constexpr Work() noexcept = default;
  ~Work() = default;
};

/// Runs `work` on the calling thread and up to `helpers` others, fewer where the system refuses them or another call has them; returns when
/// all have returned. Threads: any.
void run_together(Work& work, unsigned helpers) noexcept;

}  // namespace cenote::os
