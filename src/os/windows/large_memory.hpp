/// Memory in large pages of 2 MiB, for processes that may lock memory.
///
/// Windows gives them whole, committed and never paged out, or not at all; and takes them back by whole reservations only.
#pragma once

#include <cstddef>

#include <cenote/memory_source.hpp>

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

/// Null where the user has not been granted SeLockMemoryPrivilege, or large pages have another size. Asks for the privilege once.
LargeMemory* large_memory() noexcept;

}  // namespace cenote::os
