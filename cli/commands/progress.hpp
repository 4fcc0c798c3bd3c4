/// How far a comparison is, on one line of a terminal that is written again and again.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace cenote::cli {

/// Writes to stderr, and only when that is a terminal. The line is wiped by the destructor.
class Progress {
 public:
  explicit Progress(std::size_t steps);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// A step begins; `what` says which.
  void begin(std::string_view what);

 private:
  std::size_t steps_;
  std::size_t begun_ = 0;
  bool shown_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The line for the `step`-th of `steps` (from 0) after `elapsed_s`: a bar, the step, and how long it will
/// take yet.
std::string progress_line(std::size_t step, std::size_t steps, double elapsed_s, std::string_view what);

}  // namespace cenote::cli
