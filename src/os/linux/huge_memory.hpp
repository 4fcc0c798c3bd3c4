/// Memory in huge pages that an administrator has set aside (hugetlbfs, without the file system).
///
/// The kernel sets the pages of a mapping aside as it is made, so what was reserved can be touched; a mapping for which there are not enough
/// fails. They go back by whole huge pages only.
#pragma once

#include <cstddef>

#include <cenote/os/memory.hpp>

namespace cenote::os {

class HugeMemory final : public Memory {
 public:
  explicit constexpr HugeMemory(unsigned page_shift) noexcept : page_shift_{page_shift} {}

  Region reserve(std::size_t bytes, std::size_t alignment) noexcept override { return map(bytes, alignment); }
  bool commit(Region) noexcept override { return true; }
  bool purge(Region region) noexcept override;
  void decommit(Region region) noexcept override;
  void release(Region region) noexcept override;
  Region map(std::size_t bytes, std::size_t alignment) noexcept override;
  Region remap(Region, std::size_t) noexcept override { return {}; }
  void populate(Region region) noexcept override;
  void advise_huge(Region) noexcept override {}
  Memory* with_pages(PageKind) noexcept override { return nullptr; }

 private:
  std::size_t page() const noexcept { return std::size_t{1} << page_shift_; }
  bool is_whole(Region region) const noexcept;

  unsigned page_shift_;
};

extern HugeMemory g_huge_2mib_memory, g_huge_1gib_memory;

}  // namespace cenote::os
