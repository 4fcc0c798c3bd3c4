/// How a program ended.
#pragma once

#include <string>

namespace cenote::cli {

/// A wait status of waitpid(2), in the words of a shell.
class ExitStatus {
 public:
  ExitStatus() = default;
  explicit ExitStatus(int wait_status) noexcept : wait_status_(wait_status) {}

  [[nodiscard]] bool success() const noexcept { return wait_status_ == 0; }
  /// Whether a signal ended it.
  [[nodiscard]] bool is_signalled() const noexcept;
  /// 0..255, or 128 + n when signal n ended it.
  [[nodiscard]] int code() const noexcept;
  /// "exit status 3", "killed by signal 11 (Segmentation fault)"
  [[nodiscard]] std::string description() const;

 private:
  int wait_status_ = 0;
};

}  // namespace cenote::cli
