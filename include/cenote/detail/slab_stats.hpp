/// What a slab allocator holds and has done: one snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/size_classes.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// Slabs of one class, or of all. What was asked for is known to a 64th of the power of two that holds a
/// block: rounded up, and exact for blocks of 16 to 64 bytes; blocks of 8 bytes count as asked for whole.
struct SlabUsage {
  std::size_t slabs_full = 0;     ///< every block in use
  std::size_t slabs_partial = 0;  ///< some
  std::size_t slabs_empty = 0;    ///< none
  std::size_t blocks_in_use = 0;
  std::size_t bytes_in_use = 0;     ///< of these blocks: blocks_in_use * size, in one class
  std::size_t bytes_requested = 0;  ///< of these blocks
  std::size_t bytes_of_slabs = 0;   ///< with what is free and what no block fits in

  double internal_fragmentation =
      0;  ///< rounding up to the class: 1 - bytes_requested / bytes_in_use, 0 when nothing is in use
  double external_fragmentation =
      0;  ///< slabs in part unused: 1 - bytes_in_use / bytes_of_slabs, 0 when there are none
};

struct SlabClassStats : SlabUsage {
  std::size_t size = 0;           ///< of each block
  std::uint64_t allocations = 0;  ///< blocks handed out since construction
};

/// The classes, smallest blocks first.
class SlabClassList {
 public:
  const SlabClassStats* begin() const noexcept { return classes_.data(); }
  const SlabClassStats* end() const noexcept { return classes_.data() + count_; }
  std::size_t size() const noexcept { return count_; }
  const SlabClassStats& operator[](std::size_t index) const noexcept { return classes_[index]; }
  SlabClassStats& operator[](std::size_t index) noexcept { return classes_[index]; }
  void resize(std::size_t count) noexcept { count_ = count; }

 private:
  std::array<SlabClassStats, slab_classes::kCountMax> classes_{};
  std::size_t count_ = 0;
};

/// The base is the sum of all classes; large blocks are apart. Exact.
struct SlabStats : SlabUsage {
  std::string_view name;  ///< valid while the allocator lives
  SlabClassList classes;
  std::size_t large_blocks = 0;
  std::size_t large_bytes = 0;        ///< held by them
  std::size_t bytes_held = 0;         ///< bytes_of_slabs + large_bytes: what counts against the limit
  std::size_t limit_bytes = 0;        ///< limit_bytes; 0: no limit
  PageKind pages = PageKind::normal;  ///< of the memory for slabs that came last
  std::uint64_t allocations = 0;      ///< large ones included
  std::uint64_t deallocations = 0;    ///< allocations - blocks_in_use - large_blocks
  std::uint64_t failures = 0;         ///< calls for a block that got an error
};

}  // namespace cenote
