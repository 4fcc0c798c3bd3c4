/// One block of memory from which pieces are cut one after another, and which is taken back as a whole.
///
///     FixedArena scratch{64 * 1024};
///     auto* const line = static_cast<char*>(scratch.allocate(80, 1));
///     scratch.reset();
///
/// Invariants  never grows and asks nobody for memory after construction; blocks lie one behind another, with
///             nothing between them but what alignment needs; used() + remaining() == capacity().
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <cenote/arena.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/budget.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     one at a time.
class FixedArena {
 public:
  /// `bytes` of its own, aligned to a page and zero at first. Throws AllocFailure: bad_option (0 bytes),
  /// too_large, limit_reached (of the process), out_of_memory.
  explicit FixedArena(std::size_t bytes, os::Memory& memory = os::g_system_memory) {
    open_or_throw(bytes, memory);
    forbid_all();
  }
  /// Memory of the caller's, which must outlive the arena; it may be empty.
  explicit FixedArena(Block borrowed) noexcept
      : bump_{address_of(borrowed.data()), address_of(borrowed.data()) + borrowed.size()},
        start_{borrowed.data()},
        dirty_{bump_.end} {
    forbid_all();
  }
  /// The first, without exceptions.
  static Result<FixedArena> create(std::size_t bytes, os::Memory& memory = os::g_system_memory) noexcept {
    FixedArena arena;
    if (const AllocError error = arena.open(bytes, memory); error != AllocError{}) return error;
    arena.forbid_all();
    return arena;
  }

  /// Moving leaves an arena without memory; blocks stay where they are.
  FixedArena(FixedArena&& other) noexcept { swap(other); }
  FixedArena& operator=(FixedArena&& other) noexcept {
    FixedArena taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~FixedArena() {
    allow_all();
    release();
  }

  /// The next `size` bytes, uninitialised. O(1).
  ///
  /// Errors      zero_size; bad_alignment (no power of two, or above kArenaAlignmentMax); too_large (would
  ///             not fit were the arena empty); exhausted (does not fit now). Then nothing has changed.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    void* const block = bump_.try_take(size, alignment);
    if (block == nullptr) [[unlikely]]
      return refuse(size, alignment);
    allow_arena_block(block, bump_.at);
    return block;
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return *block;
  }

  std::size_t capacity() const noexcept { return bump_.end - address_of(start_); }
  /// Blocks, and what lies between them for alignment.
  std::size_t used() const noexcept { return bump_.at - address_of(start_); }
  std::size_t remaining() const noexcept { return bump_.end - bump_.at; }
  /// Whether the address lies in a block that was handed out since the last reset, or between two.
  bool owns(const void* address) const noexcept { return address_of(address) - address_of(start_) < used(); }

  /// Takes all blocks back. With Scrub::zero and Scrub::decommit all of the arena reads as zero from now on;
  /// pages of borrowed memory are not the arena's to give back and are overwritten instead. O(1); to scrub,
  /// O(bytes used since it was last scrubbed).
  void reset(Scrub scrub = Scrub::none) noexcept {
    if constexpr (annotate::kActive) {
      if (scrub != Scrub::none) allow_all();
    }
    rewind(scrub);
    forbid_all();
  }

  ArenaStats stats() const noexcept;

 private:
  FixedArena() = default;
  AllocError open(std::size_t bytes, os::Memory& memory) noexcept;
  void open_or_throw(std::size_t bytes, os::Memory& memory);
  void swap(FixedArena& other) noexcept;
  CENOTE_SLOW_PATH AllocError refuse(std::size_t size, std::size_t alignment) noexcept;
  void rewind(Scrub scrub) noexcept;
  void release() noexcept;

  void allow_all() noexcept { annotate::allow(start_, capacity()); }
  void forbid_all() noexcept { annotate::forbid(start_, capacity()); }

  Bump bump_{};
  std::byte* start_ = nullptr;
  std::uint64_t failures_ = 0;
  std::uintptr_t dirty_ = 0;   // below, bytes may be other than zero
  std::size_t peak_used_ = 0;  // up to the last reset
  os::Region own_{};           // what to release
  os::Memory* memory_ = nullptr;
  detail::PoolBudget budget_;
};

}  // namespace cenote
