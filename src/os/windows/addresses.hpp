/// Reservations of addresses, the unit in which Windows has them back.
#pragma once

#include <windows.h>

#include <cstddef>

#include <cenote/memory_source.hpp>

namespace cenote::os {

/// Reserves `bytes` at a multiple of `alignment`, a power of two; empty when the system refuses. `how`: MEM_RESERVE, and what else is to be
/// done in the same step.
Region take_addresses(std::size_t bytes, std::size_t alignment, DWORD how, DWORD protection) noexcept;

/// The same where the system cannot align (before Windows 10 1803): other threads may come between, but not often enough to matter.
Region take_addresses_by_trial(std::size_t bytes, std::size_t alignment, DWORD how, DWORD protection) noexcept;

/// Gives back a whole reservation, of which `start` is the first byte.
void give_addresses(std::byte* start) noexcept;

}  // namespace cenote::os
