/// Blocks of mixed sizes for one owner: sizes are rounded up to classes, and blocks of one class are cut from
/// slabs.
///
///     SlabAllocator nodes{{.limit_bytes = 64 << 20, .name = "nodes"}};
///     void* p = nodes.allocate(100);
///     nodes.deallocate(p);
///
///     1 .. 32 KiB      a block of its class's densest slab
///     .. 1 MiB         units of 64 KiB of its own, straight from the page heap
///     above            a mapping of its own
///
/// Invariants  slabs and large blocks together never hold more than limit_bytes. In each class at most
///             empty_slabs_max slabs are empty. Every wrong deallocate is found: a byte for each 16 bytes of
///             a slab, beside it, knows which blocks are in use.
/// Source      Bonwick, "The Slab Allocator: An Object-Caching Kernel Memory Allocator", USENIX Summer 1994;
///             docs/adr/0013.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/detail/size_classes.hpp>
#include <cenote/detail/slab_core.hpp>
#include <cenote/handlers.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// The largest alignment a slab allocator serves.
inline constexpr std::size_t kSlabAlignmentMax = kServedAlignmentMax;

struct SlabOptions {
  std::size_t limit_bytes = 0;  ///< of slabs and large blocks together, never passed; 0: no limit
  /// larger requests get memory of their own; 0: 32 KiB; at most 64 KiB, more counts as that
  std::size_t large_threshold = 0;
  SizeClasses classes = SizeClasses::quarters;
  std::size_t empty_slabs_max = 1;  ///< kept in each class; more go back
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;  ///< any: that of the thread, when it takes memory
  std::string_view name = {};     ///< copied, cut at 63 bytes
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

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

  /// rounding up to the class: 1 - bytes_requested / bytes_in_use, 0 when nothing is in use
  double internal_fragmentation = 0;
  /// slabs in part unused: 1 - bytes_in_use / bytes_of_slabs, 0 when there are none
  double external_fragmentation = 0;
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

/// Threads     one at a time, its owner; different allocators at the same time.
class SlabAllocator {
 public:
  /// Throws AllocFailure when the system refuses memory or an option makes no sense.
  explicit SlabAllocator(const SlabOptions& options = {})
      : SlabAllocator{OwnedCore{open_or_throw(options, annotate::marks_of_program())}} {}
  /// The same without exceptions.
  static Result<SlabAllocator> create(const SlabOptions& options) noexcept {
    if (!SlabCore::are_sound(options)) return AllocError::bad_option;
    SlabCore* const core = SlabCore::open(options, annotate::marks_of_program());
    if (core == nullptr) return AllocError::out_of_memory;
    return SlabAllocator{OwnedCore{core}};
  }

  /// Moving leaves an allocator that may only be destroyed or assigned to; blocks stay where they are.
  SlabAllocator(SlabAllocator&&) noexcept = default;
  SlabAllocator& operator=(SlabAllocator&&) noexcept = default;
  /// Reports blocks in use to the leak handler, and returns all memory to the system, theirs too.
  ~SlabAllocator() = default;

  /// A block of at least `size` bytes, uninitialised, at a multiple of `alignment`. With an alignment above 8
  /// the class is the next one whose size is a multiple of it: 24 bytes at the default alignment, 16, take a
  /// block of 32; at 8, one of 24.
  ///
  /// Errors      zero_size; too_large (above PTRDIFF_MAX); bad_alignment (no power of two, or above
  ///             kSlabAlignmentMax); limit_reached (limit_bytes, or a limit of the name or the process):
  ///             empty slabs of other classes have been given back before; out_of_memory.
  /// Complexity  O(1); a new slab now and then, of which an OS page is cut at a time.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    if (SlabCore::is_small(size, alignment)) [[likely]] {
      if (void* const block = SlabCore::take(core_->small_bin(size, alignment), size)) [[likely]]
        return handed_out(block);
    }
    return allocate_slowly(size, alignment);
  }
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    return try_allocate(size, alignment).value();
  }
  /// A block of at least `size` bytes, and the size that it has; for statistics and sized frees, a request of
  /// that size. Errors as above.
  Result<SizedAllocation> try_allocate_at_least(std::size_t size,
                                                std::size_t alignment = alignof(std::max_align_t)) noexcept {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) return block.error();
    const SlabCore::Found found = core_->find(*block);
    core_->note_request_of_all(found, *block);
    return SizedAllocation{*block, found.bytes};
  }

  /// Gives a block back; null does nothing. A wrong call reaches the misuse handler and changes nothing. The
  /// sized form also checks that a request of `size` bytes got this block: to a 64th of the next power of
  /// two, exactly for blocks of 16 to 64 bytes. O(1).
  void deallocate(void* block) noexcept {
    if (!core_->give(block)) [[unlikely]]
      report(give_slowly(block), block);
  }
  void deallocate(void* block, std::size_t size) noexcept {
    if (block == nullptr) return;
    const SlabCore::Found found = core_->find(block);
    if (found.error != AllocError{}) return report(found.error, block);
    if (!core_->size_matches(found, block, size)) return report(AllocError::size_mismatch, block);
    core_->give_found(found, block);
  }
  /// The same; also finds a block that is not aligned as such a request's would be (size_mismatch).
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    if (block == nullptr) return;
    if (is_power_of_two(alignment) && is_aligned(block, alignment)) return deallocate(block, size);
    const AllocError error = core_->find(block).error;
    report(error != AllocError{} ? error : AllocError::size_mismatch, block);
  }
  /// The same, but returns the error: foreign_block, also a pointer into a block; double_free. Once the
  /// memory of a freed block has gone to somebody else, freeing it again is a foreign_block.
  Result<void> try_deallocate(void* block) noexcept {
    if (core_->give(block)) [[likely]]
      return {};
    const AllocError error = give_slowly(block);
    return error == AllocError{} ? Result<void>{} : Result<void>{error};
  }

  /// Bytes that the block really has, at least those asked for; 0 for null or what is no block in use of this
  /// allocator. O(1).
  std::size_t usable_size(const void* block) const noexcept { return core_->find(block).bytes; }
  /// Whether the address lies in memory that this allocator has now. O(1) in slabs, else O(large blocks).
  bool owns(const void* address) const noexcept { return core_->owns(address); }

  /// Releases all empty slabs, which then no longer count against the limit, and returns all free memory of
  /// heaps and slab allocators of the process to the system, as Heap::trim. Returns the bytes that the
  /// system got.
  std::size_t trim() noexcept { return core_->trim(); }

  /// O(blocks): looks at every block in use for what was asked of it.
  SlabStats stats() const {
    SlabStats stats;
    core_->read(stats);
    return stats;
  }

  /// Everything agrees with everything; aborts when it does not. O(blocks).
  void check_invariants() const noexcept { core_->check_invariants(); }

 private:
  static void close(SlabCore* core) noexcept {
    annotate::close_pool(core);
    SlabCore::close(core);
  }
  using OwnedCore = detail::Owned<SlabCore, SlabAllocator>;
  friend OwnedCore;
  explicit SlabAllocator(OwnedCore core) noexcept : core_{std::move(core)} {
    annotate::open_pool(core_.get());
  }
  // What has a mapping of its own needs no help: it may not be touched once that is gone.
  void* handed_out(void* block) const noexcept {
    if constexpr (annotate::kActive) {
      const SlabCore::Found found = core_->find(block);
      if (found.slab != nullptr) annotate::hand_out(core_.get(), block, found.bytes);
    }
    return block;
  }

  static SlabCore* open_or_throw(const SlabOptions& options, const annotate::Marks* marks);

  [[gnu::noinline]] Result<void*> allocate_slowly(std::size_t size, std::size_t alignment) noexcept {
    const SlabCore::Route route = core_->route(size, alignment);
    if (route.error != AllocError{}) return core_->fail(route.error);
    if (route.bin == nullptr) {
      const SlabCore::Large large = core_->allocate_large(size, alignment);
      if (large.block == nullptr) return core_->fail(large.error);
      return handed_out(large.block);
    }
    if (const AllocError error = core_->refill(*route.bin); error != AllocError{}) return core_->fail(error);
    return handed_out(SlabCore::take(*route.bin, size));
  }

  [[gnu::noinline]] AllocError give_slowly(void* block) noexcept {
    if (block == nullptr) return AllocError{};
    const SlabCore::Found found = core_->find(block);
    if (found.error == AllocError{}) core_->give_found(found, block);
    return found.error;
  }

  CENOTE_SLOW_PATH void report(AllocError error, const void* block) const noexcept {
    if (error != AllocError{}) report_misuse({error, block, core_->name()});
  }

  OwnedCore core_;
};

}  // namespace cenote
