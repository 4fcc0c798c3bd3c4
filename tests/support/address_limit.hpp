/// Limits on the addresses of the process, as `ulimit -v` sets them.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace cenote::test {

/// From now on the process has `bytes` of addresses, RLIM_INFINITY: as many as it may have. Ends it when the
/// system refuses.
inline void limit_addresses(rlim_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  if (::setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
}

/// Whether the system keeps such a limit. qemu's emulation of one program does not.
inline bool address_limits_hold() {
  rlimit before{}, after{};
  ::getrlimit(RLIMIT_AS, &before);
  const rlim_t wished = std::min(before.rlim_cur, rlim_t{SIZE_MAX / 4}) - 4096;  // more than a program has
  limit_addresses(wished);
  ::getrlimit(RLIMIT_AS, &after);
  limit_addresses(before.rlim_cur);
  return after.rlim_cur == wished;
}

}  // namespace cenote::test
