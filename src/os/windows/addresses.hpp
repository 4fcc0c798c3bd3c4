/// Reservations of addresses, the unit in which Windows has them back.
#pragma once

#include <windows.h>

#include <cstddef>

#include <cenote/memory_source.hpp>

namespace cenote::os {

/// Reserves `bytes` at a multiple of `alignment`, a power of two; empty when the system refuses. `how`:
/// MEM_RESERVE, and what else is to be done in the same step.
Region take_addresses(std::size_t bytes, std::size_t alignment, DWORD how, DWORD protection) noexcept;

/// The same where the system cannot align (before Windows 10 1803): other threads may come between, but not
/// often enough to matter.
Region take_addresses_by_trial(std::size_t bytes, std::size_t alignment, DWORD how,
                               DWORD protection) noexcept;

/// Gives back a whole reservation, of which `start` is the first byte.
void give_addresses(std::byte* start) noexcept;

}  // namespace cenote::os

// Memory in large pages of 2 MiB, for processes that may lock memory.
//
// Windows gives them whole, committed and never paged out, or not at all; and takes them back by whole
// reservations only.

namespace cenote::os {

class LargeMemory final : public Memory {
 public:
  constexpr LargeMemory() noexcept = default;

  Region reserve(std::size_t bytes, std::size_t alignment) noexcept override { return map(bytes, alignment); }
  bool commit(Region) noexcept override { return true; }
  bool purge(Region) noexcept override { return false; }
  void decommit(Region) noexcept override {}
  void release(Region region) noexcept override;
  Region map(std::size_t bytes, std::size_t alignment) noexcept override;
  Region remap(Region, std::size_t) noexcept override { return {}; }
  bool populate(Region) noexcept override { return true; }
  void advise_huge(Region) noexcept override {}
  Memory* with_pages(PageKind) noexcept override { return nullptr; }
};

/// Null where the user has not been granted SeLockMemoryPrivilege, or large pages have another size. Asks for
/// the privilege once.
LargeMemory* large_memory() noexcept;

}  // namespace cenote::os
