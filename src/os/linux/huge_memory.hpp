/// Memory in huge pages that an administrator has set aside (hugetlbfs, without the file system).
///
/// The kernel sets the pages of a mapping aside as it is made, so what was reserved can be touched; a mapping
/// for which there are not enough fails. None is given back before the mapping goes: until Linux 6.9 somebody
/// else may take it then, and the next touch ends the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/memory_source.hpp>

namespace cenote::os {

class HugeMemory final : public Memory {
 public:
  explicit constexpr HugeMemory(unsigned page_shift) noexcept : page_shift_{page_shift} {}

  /// Puts huge pages where addresses are reserved; whole ones. False when there are not enough, or the kernel
  /// cannot: then nothing changed.
  bool commit_at(Region region) noexcept;

  Region reserve(std::size_t bytes, std::size_t alignment) noexcept override { return map(bytes, alignment); }
  bool commit(Region) noexcept override { return true; }
  bool purge(Region) noexcept override { return false; }
  void decommit(Region) noexcept override {}
  void release(Region region) noexcept override;
  Region map(std::size_t bytes, std::size_t alignment) noexcept override;
  Region remap(Region, std::size_t) noexcept override { return {}; }
  bool populate(Region region) noexcept override;
  void advise_huge(Region) noexcept override {}
  Memory* with_pages(PageKind) noexcept override { return nullptr; }

 private:
  std::size_t page() const noexcept { return std::size_t{1} << page_shift_; }
  bool is_whole(Region region) const noexcept;
  int flags() const noexcept;
  Region map_anywhere(std::size_t bytes) const noexcept;
  Region map_aligned(std::size_t bytes, std::size_t alignment) const noexcept;
  bool can_move_pages() noexcept;

  enum class Answer : std::uint8_t { unknown, yes, no };

  unsigned page_shift_;
  std::atomic<Answer> can_move_{Answer::unknown};
};

extern HugeMemory g_huge_2mib_memory, g_huge_1gib_memory;

}  // namespace cenote::os
