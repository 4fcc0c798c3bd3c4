/// errno belongs to the caller's program: what the library does on its own account must not change it.
#pragma once

#include <cerrno>

namespace cenote::os {

class KeepErrno {
 public:
  KeepErrno() noexcept : saved_{errno} {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

}  // namespace cenote::os
