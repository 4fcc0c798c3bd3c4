/// The exception that the plain (not `try_`) forms throw.
#pragma once

#include <new>

#include <cenote/detail/alloc_error.hpp>

namespace cenote {

/// A std::bad_alloc that carries the reason. Throwing it allocates nothing beyond the exception object itself.
class AllocFailure : public std::bad_alloc {
 public:
  explicit AllocFailure(AllocError error) noexcept;

  /// A bad_option: `what()` reads "bad_option: <option> <problem>". Both texts are copied, cut at the buffer's end.
  AllocFailure(const char* option, const char* problem) noexcept;

  AllocError error() const noexcept { return error_; }

  /// Names the error, and for bad_option the option and what is wrong with it.
  const char* what() const noexcept override { return text_; }

 private:
  AllocError error_;
  char text_[119];
};

/// Throws AllocFailure{error}; out of line, so that callers stay small.
[[noreturn]] void throw_alloc_failure(AllocError error);

}  // namespace cenote
