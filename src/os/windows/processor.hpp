/// Windows counts processors in groups of up to 64; here they have one number each.
#pragma once

#include <windows.h>

#include <cstdint>

namespace cenote::os {

inline constexpr int kGroupProcessors = 64;

constexpr int processor_number(WORD group, int in_group) noexcept {
  return group * kGroupProcessors + in_group;
}

/// The set of one processor.
inline GROUP_AFFINITY affinity_of(int processor) noexcept {
  GROUP_AFFINITY affinity{};
  affinity.Group = static_cast<WORD>(processor / kGroupProcessors);
  affinity.Mask = static_cast<KAFFINITY>(std::uint64_t{1} << (processor % kGroupProcessors));
  return affinity;
}

}  // namespace cenote::os
