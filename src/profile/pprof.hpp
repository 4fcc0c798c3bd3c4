/// A picture in the format of pprof.
///
/// Source  github.com/google/pprof, proto/profile.proto, whose field numbers these are.
#pragma once

#include <cstdint>

#include "profile/picture.hpp"
#include "profile/protobuf.hpp"

namespace cenote::profile {

struct Moment {
  std::uint64_t unix_ns = 0;
  std::uint64_t duration_ns = 0;  // since the profile was begun
  std::uint64_t rate = 0;
  std::uint64_t lost = 0;
};

/// Samples of seven values: allocated, in use and at the peak, blocks and bytes of each, and the lifetime of
/// freed blocks together; with labels pool, thread and tag.
void write_pprof(const Picture& picture, const Moment& moment, Bytes& out) noexcept;

}  // namespace cenote::profile
