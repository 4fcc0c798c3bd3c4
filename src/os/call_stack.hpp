/// Who called whom: the return addresses on the calling thread's stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os {

/// Whether call_stack knows anything here.
extern const bool kHasCallStacks;

/// Room for more frames than this is not filled.
inline constexpr std::size_t kCallStackMax = 65;

/// Fills `frames`, innermost first, and returns how many; each lies inside its call instruction, so that it names the caller's line. Takes
/// no lock and allocates nothing. 0 where kHasCallStacks is false.
std::size_t call_stack(std::span<std::uintptr_t> frames) noexcept;

}  // namespace cenote::os
