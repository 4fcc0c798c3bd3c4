/// Makes old bytes of an arena unreachable.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/arena.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// Leaves [from, to) as `scrub` says: as it is, or all zero.
///
/// `memory`, `region`: whose pages may be given back, [from, to) lies in it; null when they are not the
/// arena's to give.
void wipe(std::uintptr_t from, std::uintptr_t to, Scrub scrub, os::Memory* memory,
          os::Region region) noexcept;

}  // namespace cenote
