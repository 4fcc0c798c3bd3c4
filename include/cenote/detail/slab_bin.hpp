/// The slabs of one class, the densest at hand.
///
///     current        blocks come from here until it has none left
///     partial[0..15] by sixteenths of their blocks in use: the fullest sixteenth that is not empty has the next current slab
///     full           on no way to be used until a block comes home
///     empty          kept for the next need, a bounded number of them
///
///     a free counts its slab down to the next event: full -> partial; partial -> a lower sixteenth, or empty;
///     current -> one empty slab too many
///
/// Invariants  current was, when it became so, as dense as any partial slab that was looked at: all of them,
///             or kLookedAt of its sixteenth. Empty slabs, the current one included when it is, never exceed
///             the bound. Every slab of the class is current or on one list.
/// Threads     one at a time: the allocator's owner.
/// Source      densest first: as extents in pool/page_heap.hpp; what is nearly empty becomes empty.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/address_space.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/slab.hpp>

namespace cenote {

/// The current slab of a bin that has none: never a block to give.
inline constinit Slab g_no_slab{};

/// A byte beside the blocks for each 16 bytes of them tells what lies there:
///
///     bit     7 6 5 4 3 2    1                            0
///             slack          live: block starts at +8     live: block starts at +0
///
/// slack is what the request left of its block, in 64ths of the power of two that holds it
/// (SlabBin::slack_shift); 0 for blocks of 8 bytes, two of which share the byte. It stays when the block is
/// freed, and means nothing then.
namespace slab_note {
inline constexpr unsigned kSlackShift = 2;
/// The live bit of a block at `address`, a multiple of 8.
constexpr std::uint8_t live_bit(std::uintptr_t address) noexcept {
  return static_cast<std::uint8_t>(1 + ((address >> 3) & 1));
}
/// The notes' address for `address`, given the bias of its region.
inline std::uint8_t& at(std::uintptr_t bias, std::uintptr_t address) noexcept {
  return *reinterpret_cast<std::uint8_t*>(bias + (address >> 4));
}
}  // namespace slab_note

class SlabBin {
 public:
  // What the fast path touches.
  Slab* current = &g_no_slab;
  std::uintptr_t notes_bias = 0;  // of the current slab's region
  std::uint64_t allocations = 0;
  std::uint32_t block_bytes = 0;
  std::uint8_t slack_shift = 0;
  // of a note, when a block begins to live: its neighbour's, for blocks of 8 bytes
  std::uint8_t kept_bits = 0;

  void open(std::size_t class_index, std::uint32_t bytes, std::size_t empty_max) noexcept;

  const SlabShape& shape() const noexcept { return shape_; }
  /// Sees to it that the current slab has a free block; false when the class needs one more slab. O(1): at
  /// most an OS page of fresh blocks, or kLookedAt slabs.
  bool make_ready(const AddressSpace& space) noexcept;
  /// Makes a slab that has just been opened, or was empty, the current one; precondition: make_ready said no.
  void adopt(Slab& slab, const AddressSpace& space) noexcept;
  /// What `Slab::push_local` announced. A slab that must go back now, on no list any more; else null.
  Slab* on_event(Slab& slab) noexcept;
  /// Unlists an empty slab; null when there is none.
  Slab* take_empty() noexcept;

  std::uint8_t slack_of(std::size_t size) const noexcept {
    return static_cast<std::uint8_t>((block_bytes - size) >> slack_shift);
  }

  /// Aborts when an invariant is broken. O(slabs).
  void check_invariants() const noexcept;

 private:
  using SlabList = IntrusiveList<Slab, &Slab::link>;
  static constexpr std::uint32_t kSixteenths = 16;
  static constexpr int kLookedAt = 16;

  std::uint32_t sixteenth_of(std::uint32_t used) const noexcept {
    return used * kSixteenths / shape_.capacity;
  }
  bool has_current() const noexcept { return current != &g_no_slab; }
  bool room_for_an_empty() const noexcept;
  Slab* densest() const noexcept;
  void set_current(Slab& slab, const AddressSpace& space) noexcept;
  void retire_full() noexcept;
  void expect_next_event() const noexcept;
  void file(Slab& slab) noexcept;
  void unfile(Slab& slab, std::uint32_t used_when_filed) noexcept;
  Slab* put_down(Slab& slab) noexcept;
  Slab* reconsider() noexcept;

  SlabShape shape_{};
  SizeClass class_{};
  std::uint32_t sixteenths_ = 0;  // bit n: partial_[n] is not empty
  std::size_t empty_count_ = 0;
  std::size_t empty_max_ = 0;
  SlabList full_;
  SlabList empty_;
  std::array<SlabList, kSixteenths> partial_{};
};

}  // namespace cenote
