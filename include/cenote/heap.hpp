/// A general-purpose heap: any size, any thread, a cache for each thread that uses it.
///
///     Heap parser{{.name = "parser"}};
///     void* p = parser.allocate(100);
///     parser.deallocate(p);
///
/// Invariants  a heap dies with all its blocks; blocks of different heaps never share a slab. Blocks are
///             aligned to 16 bytes, or to what the call asks for, up to kHeapAlignmentMax.
/// Source      free lists per slab: Leijen, Zorn & de Moura, APLAS 2019; batched remote frees: Lietar et al.,
///             ISMM 2019.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/handlers.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// What a heap does against wrong and hostile callers.
enum class Hardening {
  trusting,  ///< checks what costs nothing: pointers that are no blocks, blocks of other heaps
  checked,   ///< every double free and interior pointer, exactly, on any thread: one byte beside each block
  /// and new blocks are zero, a canary ends each, freed ones wait: wrong writes are found too
  /// (docs/hardening.md)
  full
};

struct HeapOptions {
  /// under which it is listed in statistics and reports (copied, cut at 63 bytes)
  std::string_view name = {};
  std::size_t limit_bytes = 0;  ///< bytes of slabs, large and huge blocks it may hold; 0: no limit
  LimitAction on_limit = LimitAction::refuse;  ///< what happens where that limit is passed
  Hardening hardening = Hardening::checked;
  /// falls back to normal, and says so in stats().pages; of 1 GiB: to those of 2 MiB
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;  ///< any: that of the thread, when it takes memory
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

/// Bytes are exact when no thread uses the heap meanwhile. `bytes_held` are this heap's; the four below it
/// are the process's, whose heaps share their pages.
struct HeapStats {
  std::string_view name;              ///< valid while the heap lives
  std::size_t bytes_held = 0;         ///< in its slabs, large and huge blocks
  std::size_t limit_bytes = 0;        ///< 0: no limit
  std::size_t slabs = 0;              ///< runs of units cut into blocks
  std::size_t large_blocks = 0;       ///< blocks with units of their own
  std::size_t huge_blocks = 0;        ///< blocks with mappings of their own
  std::size_t thread_caches = 0;      ///< threads that use it now
  PageKind pages = PageKind::normal;  ///< of the memory for slabs that came last

  std::size_t bytes_reserved = 0;   ///< addresses
  std::size_t bytes_committed = 0;  ///< accessible
  std::size_t bytes_dirty = 0;      ///< free, but not yet given back to the system
  std::size_t bytes_kept = 0;       ///< mappings of freed huge blocks, kept for reuse
};

class HeapCore;

/// The largest alignment a heap serves: 16 GiB, as glibc's malloc does on a machine with more memory than
/// that; with addresses of 32 bits 16 MiB.
inline constexpr std::size_t kHeapAlignmentMax =
    sizeof(std::size_t) == 8 ? kServedAlignmentMax << 4 : kServedAlignmentMax;

/// Threads     all members but the destructor and moves: any, at the same time.
class Heap {
 public:
  /// Throws AllocFailure when the system refuses memory or an option makes no sense.
  explicit Heap(const HeapOptions& options = {});
  /// The same without exceptions.
  static Result<Heap> create(const HeapOptions& options) noexcept;
  /// The heap of the whole process, never destroyed; in the malloc replacement, malloc's. Usable before main.
  static Heap& process() noexcept;

  /// The process's heap cannot be moved from.
  Heap(Heap&& other) noexcept : core_{std::move(other.movable_core())} {}
  Heap& operator=(Heap&& other) noexcept {
    core_ = std::move(other.movable_core());
    return *this;
  }
  /// Returns all memory to the system, blocks in use too. No thread may be inside a call.
  ~Heap() = default;

  /// A block of at least `size` bytes, uninitialised.
  ///
  /// Errors      zero_size; too_large (above PTRDIFF_MAX); bad_alignment; limit_reached; out_of_memory.
  /// Complexity  O(1); a refill now and then, at most one slab's cut of an OS page.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept;
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t));
  /// A block of at least `size` bytes, and the size that it has. Errors as above.
  Result<SizedAllocation> try_allocate_at_least(std::size_t size,
                                                std::size_t alignment = alignof(std::max_align_t)) noexcept;

  /// The same for an array of `count` times `size` bytes, all zero. Fresh memory is not touched. Errors as
  /// above; too_large when the product does not fit.
  Result<void*> try_allocate_zeroed(std::size_t count, std::size_t size) noexcept;

  /// Resizes a block, keeping min(old, new) bytes; null acts as try_allocate. On an error the old block stays
  /// as it is. Huge blocks move without a copy. Errors as try_allocate, and those of try_deallocate.
  Result<void*> try_reallocate(void* block, std::size_t size) noexcept;
  [[nodiscard]] void* reallocate(void* block, std::size_t size);

  /// Returns a block; null does nothing. A wrong call reaches the misuse handler, of which the default prints
  /// one line and aborts; where a handler returns, nothing has changed. The sized form also checks that a
  /// request of `size` bytes gets such a block; with Hardening::full, that `size` was requested. O(1).
  void deallocate(void* block) noexcept;
  void deallocate(void* block, std::size_t size) noexcept;
  /// The same; also finds a block that is not aligned as such a request's would be (size_mismatch).
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept;
  /// The same, but returns the error: foreign_block (also a pointer into a block), double_free; with
  /// Hardening::full also size_mismatch, where a write past the end has damaged the canary.
  Result<void> try_deallocate(void* block) noexcept;

  /// Bytes that the block really has, at least those asked for, and just those with Hardening::full; 0 for
  /// null or what is no block of this heap. O(1).
  std::size_t usable_size(const void* block) const noexcept;
  /// The same, but says why there are none: what try_deallocate would say; of null, foreign_block.
  Result<std::size_t> try_usable_size(const void* block) const noexcept;
  /// Whether the address lies in memory that this heap has now. O(1) for slabs, O(1) at the start of larger
  /// blocks.
  bool owns(const void* address) const noexcept;

  /// Gives free memory back to the system: this thread's cache, and all free pages. Returns bytes given back.
  std::size_t trim() noexcept;
  /// At most `bytes` from now on, 0: no limit. Blocks in use stay.
  void set_limit(std::size_t bytes) noexcept;
  /// The same, and from now on `action` is taken where it is passed.
  void set_limit(std::size_t bytes, LimitAction action) noexcept;
  HeapStats stats() const;

 private:
  friend class ManagerCore;
  // Never in pass-through mode: for what belongs to a pool itself.
  static Result<Heap> create_own(const HeapOptions& options) noexcept;
  // Lets the program's memory checker forget all that it was told of slabs and large blocks: they go back.
  void reveal_all(const annotate::Marks& marks) const noexcept;
  // As slabs name it.
  const void* holder() const noexcept;
  static Heap open_or_throw(const HeapOptions& options);
  static void close(HeapCore* core) noexcept;
  using OwnedCore = detail::Owned<HeapCore, Heap>;
  friend OwnedCore;
  OwnedCore& movable_core() noexcept;
  explicit Heap(OwnedCore core) noexcept : core_{std::move(core)} {}

  OwnedCore core_;
};

}  // namespace cenote
