/// Blocks of mixed sizes cut from one piece of memory by halving it, and joined with their neighbours when
/// they come back.
///
///     BuddyAllocator pages{{.bytes = std::size_t{64} << 20, .name = "pages"}};
///     void* block = pages.allocate(100'000);        // 128 KiB, aligned to 128 KiB
///     pages.deallocate(block);
///
///     16      | in use        | . . . . . . . |      a block of 2^k smallest ones starts at a multiple of its size;
///     8       | in use        | 8     |   | 2 |      when it and its buddy, the other half, are free, they are one block again
///
/// Invariants  what is written to blocks never reaches the allocator: all it knows lies beside them, 1.3
///             bytes for each smallest block. Every free of a foreign pointer, of a pointer into a block, and
///             of a block that is free is found, also when two threads free a block at the same instant. A
///             call says `exhausted` only when at one moment of it no free memory, joined as far as it can
///             be, held such a block.
/// Source      Knowlton, "A Fast Storage Allocator", CACM 8 (1965); joining late: Lee and Barkley, "A
///             Watermark-Based Lazy Buddy System for Kernel Memory Allocation", USENIX Summer 1989;
///             docs/adr/0012.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/buddy_geometry.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

struct BuddyOptions {
  std::size_t bytes = 0;         ///< managed; what does not fill a smallest block at the end is left out
  std::size_t block_min = 4096;  ///< bytes of the smallest block: a power of two, at least 16
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;
  std::string_view name = {};  ///< under which it is listed in statistics (copied, cut at 63 bytes)
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

/// Taken with all threads held off for a moment, and all that can be joined joined: exact but for calls under
/// way.
struct BuddyStats {
  std::size_t bytes = 0;      ///< managed: in use and free
  std::size_t block_min = 0;  ///< bytes of a block of order 0
  std::size_t orders = 0;     ///< blocks of order k have block_min << k bytes, k < orders
  std::array<std::size_t, BuddyGeometry::kOrdersMax> free_blocks{};  ///< of each order
  std::size_t free_bytes = 0;
  std::size_t largest_free = 0;  ///< bytes of the largest free block, 0 when all is in use

  std::size_t in_use = 0;        ///< blocks with the user
  std::size_t bytes_in_use = 0;  ///< theirs, rounded up to whole blocks
  /// The most there ever were: exact while one thread has used the allocator, else never below.
  std::size_t peak_in_use = 0;
  std::size_t peak_bytes_in_use = 0;
  std::uint64_t allocations = 0;    ///< blocks handed out since construction
  std::uint64_t deallocations = 0;  ///< allocations - in_use
  std::uint64_t failures = 0;       ///< calls that were told `exhausted`

  std::size_t bytes_reserved = 0;  ///< of addresses, tables included
  /// accessible, tables included; the system backs what was touched and not trimmed
  std::size_t bytes_committed = 0;
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;

  /// How far free memory is from being in one piece: 1 - largest_free / the largest block that so many free
  /// bytes could be. 0 when all is free, or nothing; near 1 when there is much, in crumbs.
  double external_fragmentation() const noexcept {
    if (free_bytes == 0) return 0;
    const std::size_t best = std::min(std::bit_floor(free_bytes), block_min << (orders - 1));
    return 1 - static_cast<double>(largest_free) / static_cast<double>(best);
  }
};

class BuddyCore;

/// Threads     any, at the same time; the destructor, moves: no thread may be inside a call.
class BuddyAllocator {
 public:
  /// Throws AllocFailure: bad_option (which: in the message), too_large (more bytes than any system has),
  /// limit_reached, out_of_memory.
  explicit BuddyAllocator(const BuddyOptions& options, os::Memory& memory = os::g_system_memory)
      : BuddyAllocator{OwnedCore{open(options, memory)}} {}
  /// The same without exceptions.
  static Result<BuddyAllocator> create(const BuddyOptions& options,
                                       os::Memory& memory = os::g_system_memory) noexcept {
    const Result<BuddyCore*> core = try_open(options, memory);
    if (!core) return core.error();
    return BuddyAllocator{OwnedCore{*core}};
  }

  /// Moving leaves an allocator that may only be destroyed or assigned to; blocks stay where they are.
  BuddyAllocator(BuddyAllocator&&) noexcept = default;
  BuddyAllocator& operator=(BuddyAllocator&&) noexcept = default;
  /// Reports blocks in use to the leak handler, and returns all memory to the system.
  ~BuddyAllocator() = default;

  /// The smallest block of at least `size` bytes and `alignment`, uninitialised. A block is aligned to its
  /// size, up to alignment_max().
  ///
  /// Errors      zero_size; bad_alignment (no power of two, or above alignment_max()); too_large (above the
  ///             largest block); exhausted. In pass-through mode also limit_reached, out_of_memory.
  /// Complexity  O(1) when this thread gave such a block back lately; else O(orders), and when free memory
  ///             must be joined first, O(orders) for each block given back since that last happened.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    const Result<void*> block = take(size, alignment);
    if constexpr (annotate::kActive) {
      if (block && !passes()) annotate::hand_out(core_.get(), *block, usable_size(*block));
    }
    return block;
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return *block;
  }

  /// Takes a block back; null does nothing. A wrong call reaches the misuse handler and changes nothing.
  /// O(1), now and then O(orders).
  void deallocate(void* block) noexcept { give_back(block, kAnySize); }
  /// The same; also finds a size that the block was not made for.
  void deallocate(void* block, std::size_t size) noexcept { give_back(block, exactly(size)); }
  /// The same, but returns the error: foreign_block (also a pointer into a block in use), double_free (the
  /// start of any smallest block in free memory, also if it was never allocated), size_mismatch.
  Result<void> try_deallocate(void* block) noexcept { return try_give_back(block, kAnySize); }
  Result<void> try_deallocate(void* block, std::size_t size) noexcept {
    return try_give_back(block, exactly(size));
  }

  /// Bytes that the block really has; 0 for null or what is no block in use. In pass-through mode those asked
  /// for. O(1).
  std::size_t usable_size(const void* block) const noexcept;
  /// Whether the address lies in the managed memory, in a block in use or not. O(1).
  bool owns(const void* address) const noexcept;
  /// The largest alignment served: that of the largest block, at most 1 GiB.
  std::size_t alignment_max() const noexcept;

  /// Bytes of the largest free block after joining all that can be joined; 0 when all is in use.
  std::size_t largest_free() const noexcept;
  BuddyStats stats() const noexcept;

  /// Gives the system the pages of free blocks of at least a page that may have been written to; they read as
  /// zero when they come back into use, and still count against limits. Returns their bytes. O(smallest
  /// blocks / 64), and a system call for each; allocations that need to cut a block wait.
  std::size_t trim() noexcept;

  /// For tests and fuzzers: ends the program unless each smallest block is in use or free exactly once, no
  /// two free buddies are apart, and the counts agree. No thread may be inside another call. O(smallest
  /// blocks).
  void check_invariants() const noexcept;

 private:
  static constexpr std::size_t kAnySize = SIZE_MAX;
  // A size that the caller gave, however wrong.
  static constexpr std::size_t exactly(std::size_t size) noexcept {
    return size == kAnySize ? kAnySize - 1 : size;
  }

  /// A block that only the caller has: out of use, and not free yet.
  struct Claim {
    BuddyBlock block;
    AllocError error;  // AllocError{}, or why there is none
  };

  static void close(BuddyCore* core) noexcept {
    if constexpr (annotate::kActive) {
      const auto [start, bytes] = managed(*core);
      annotate::close_pool(core);
      annotate::allow(start, bytes);
    }
    release(*core);
  }
  using OwnedCore = detail::Owned<BuddyCore, BuddyAllocator>;
  friend OwnedCore;
  explicit BuddyAllocator(OwnedCore core) noexcept : core_{std::move(core)} { forbid_all(); }

  // A memory checker that must write to its shadow of gigabytes would cost more than it finds.
  static constexpr std::size_t kForbiddenMax = std::size_t{256} << 20;
  void forbid_all() noexcept {
    if constexpr (annotate::kActive) {
      const auto [start, bytes] = managed(*core_);
      annotate::open_pool(core_.get());
      annotate::forbid(start, bytes < kForbiddenMax ? bytes : kForbiddenMax);
    }
  }

  AllocError free(void* block, std::size_t size) noexcept {
    if constexpr (!annotate::kActive) return free_at_once(block, size);
    if (passes()) return free_at_once(block, size);  // malloc's checker knows
    const Claim claimed = claim(block, size);
    if (claimed.error != AllocError{}) return claimed.error;
    annotate::take_back(core_.get(), block, bytes_of(claimed.block));  // before others may have it
    put_back(claimed.block);
    return {};
  }
  void give_back(void* block, std::size_t size) noexcept {
    if (const AllocError error = free(block, size); error != AllocError{}) [[unlikely]]
      report(error, block);
  }
  Result<void> try_give_back(void* block, std::size_t size) noexcept {
    const AllocError error = free(block, size);
    return error == AllocError{} || block == nullptr ? Result<void>{} : Result<void>{error};
  }

  static BuddyCore* open(const BuddyOptions& options, os::Memory& memory);
  static Result<BuddyCore*> try_open(const BuddyOptions& options, os::Memory& memory) noexcept;
  Result<void*> take(std::size_t size, std::size_t alignment) noexcept;
  AllocError free_at_once(void* block, std::size_t size) noexcept;
  bool passes() const noexcept;
  Claim claim(const void* block, std::size_t size) noexcept;
  void put_back(BuddyBlock block) noexcept;
  std::size_t bytes_of(BuddyBlock block) const noexcept;
  static os::Region managed(const BuddyCore& core) noexcept;
  void report(AllocError error, const void* block) const noexcept;
  static void release(BuddyCore& core) noexcept;

  OwnedCore core_;
};

}  // namespace cenote
