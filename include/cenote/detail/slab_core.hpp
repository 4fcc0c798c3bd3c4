/// What a SlabAllocator is made of: a bin for each class, and what it knows of large blocks. In pages of its
/// own, so that slabs can name it as their holder while the allocator moves.
///
///     allocate    size, alignment --> bin --> first free block of its current slab           a table; out of line above kTableMax
///     deallocate  address --> descriptor --> ours? --> note: live? --> back on its slab's list
///
/// Blocks are forbidden to memory checkers by the headers alone (base/annotate.hpp): what is compiled with
/// the library never hands a block out, and gives units back through its marks.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/address_space.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/detail/budget.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/detail/page_heap.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/slab.hpp>
#include <cenote/detail/slab_bin.hpp>
#include <cenote/result.hpp>

namespace cenote {

struct SlabOptions;
struct SlabStats;

/// Threads     one at a time: the allocator's owner.
class SlabCore final : public SlabHolder {
 public:
  static constexpr std::size_t kNameMax = 63;

  static bool are_sound(const SlabOptions& options) noexcept;
  /// Null when the system refuses; precondition: the options are sound.
  static SlabCore* open(const SlabOptions& options, const annotate::Marks* marks) noexcept;
  /// Reports blocks in use to the leak handler, and gives all memory back.
  static void close(SlabCore* core) noexcept;

  // --- the fast paths --------------------------------------------------------------------------------------

  /// Whether a request is of the kind that `small_bin` knows.
  static constexpr bool is_small(std::size_t size, std::size_t alignment) noexcept {
    return size - 1 < kTableMax && alignment - 1 < 16 && (alignment & (alignment - 1)) == 0;
  }
  /// Its bin; one that never has a block when the request is above the threshold. Every multiple of 16 bytes
  /// up to kTableMax has a class that is a multiple of 16: rounding the size up is enough.
  SlabBin& small_bin(std::size_t size, std::size_t alignment) noexcept {
    const std::size_t rounded = (size + alignment - 1) & ~(alignment - 1);
    return *bin_by_granules_[(rounded + slab_classes::kGranule - 1) / slab_classes::kGranule];
  }

  /// The first free block of the current slab; null when it has none.
  static void* take(SlabBin& bin, std::size_t size) noexcept {
    Slab& slab = *bin.current;
    FreeBlock* const block = slab.free;
    if (block == nullptr) [[unlikely]]
      return nullptr;
    if constexpr (annotate::kActive) annotate::reveal(block, sizeof(FreeBlock));
    slab.free = block->next;
    ++slab.countdown;
    ++bin.allocations;
    const std::uintptr_t address = address_of(block);
    std::uint8_t& note = slab_note::at(bin.notes_bias, address);
    note = static_cast<std::uint8_t>((note & bin.kept_bits) | bin.slack_of(size) << slab_note::kSlackShift |
                                     slab_note::live_bit(address));
    return block;
  }

  /// Takes back a block of a slab whose first unit it lies in. False: nothing happened, the slow path must be
  /// asked.
  bool give(void* block) noexcept {
    const AddressRegion& region = space_.first();
    const std::size_t limit = region.limit.load(std::memory_order_acquire);  // before the base
    const std::size_t offset = region.offset_of(block);
    // In granules, so that one comparison refuses both what lies outside and what no block can start at.
    if (std::rotr(offset, 3) >= limit >> 3) [[unlikely]]
      return false;
    Slab& slab = *region.descriptor_at(offset);
    if (slab.owner.load(std::memory_order_relaxed) != SlabOwner::tag_of(this)) [[unlikely]]
      return false;
    std::uint8_t& note = slab_note::at(notes_bias_, address_of(block));
    const std::uint8_t live = slab_note::live_bit(address_of(block));
    if ((note & live) == 0) [[unlikely]]
      return false;
    note = static_cast<std::uint8_t>(note ^ live);
    put_back(slab, block);
    return true;
  }

  // --- the rest --------------------------------------------------------------------------------------------

  /// Where a request is to be served from.
  struct Route {
    AllocError error{};      // AllocError{}: none
    SlabBin* bin = nullptr;  // null: a block of its own
  };
  Route route(std::size_t size, std::size_t alignment) noexcept;
  /// Sees to it that the bin's current slab has a free block. AllocError{}, or limit_reached, out_of_memory.
  AllocError refill(SlabBin& bin) noexcept;

  struct Large {
    AllocError error{};
    void* block = nullptr;
  };
  Large allocate_large(std::size_t size, std::size_t alignment) noexcept;
  AllocError fail(AllocError error) noexcept { return ++failures_, error; }

  /// What a pointer is to this allocator.
  struct Found {
    AllocError error = AllocError::foreign_block;  // AllocError{}: it is a block in use
    Slab* slab = nullptr;                          // null for a huge block
    std::size_t bytes = 0;                         // usable
  };
  Found find(const void* block) const noexcept;
  AllocError explain_unused(const void* block) const noexcept;
  /// Whether a request of `size` bytes got this block.
  bool size_matches(const Found& found, const void* block, std::size_t size) const noexcept;
  /// The block counts as one of which all bytes were requested.
  void note_request_of_all(const Found& found, const void* block) noexcept;
  /// Takes back what `find` has found.
  void give_found(const Found& found, void* block) noexcept {
    if (found.slab == nullptr || found.slab->kind != UnitKind::slab) {
      if constexpr (annotate::kActive) {
        if (found.slab != nullptr) annotate::take_back(this, block, found.bytes);
      }
      return deallocate_large(found, block);
    }
    *space_.notes_of(block) ^= slab_note::live_bit(address_of(block));
    put_back(*found.slab, block);
  }

  bool owns(const void* address) const noexcept;
  std::size_t trim() noexcept;
  void read(SlabStats& stats) const noexcept;
  const char* name() const noexcept { return name_; }

  /// Slabs, notes, lists and counts agree; aborts when they do not. O(blocks).
  void check_invariants() const noexcept;

 private:
  using HeldList = IntrusiveList<Slab, &Slab::held_link>;
  static constexpr std::size_t kTableMax = 1024;
  static constexpr std::size_t kThresholdDefault = 32 * 1024;

  SlabCore(const SlabOptions& options, const annotate::Marks* marks, os::Memory& memory) noexcept;
  ~SlabCore() = default;
  void enlist() noexcept;
  bool open_passed() noexcept;

  void put_back(Slab& slab, void* block) noexcept {
    const bool event = slab.push_local(block);
    if constexpr (annotate::kActive) annotate::take_back(this, block, slab.block_bytes);
    if (event) [[unlikely]]
      on_event(slab);
  }
  void on_event(Slab& slab) noexcept;

  Place here() const noexcept;
  UnitRun take_units(Units units) noexcept;
  void give_units(Slab& head) noexcept;
  void release(Slab& slab) noexcept;
  std::size_t release_empty() noexcept;
  bool charge(std::size_t bytes) noexcept;
  AllocError refusal(std::size_t bytes) noexcept;
  AllocError add_slab(SlabBin& bin) noexcept;
  Large allocate_units(std::size_t size) noexcept;
  Large allocate_mapping(std::size_t size, std::size_t alignment) noexcept;
  Large allocate_passed(std::size_t size, std::size_t alignment) noexcept;
  void deallocate_large(const Found& found, void* block) noexcept;
  std::size_t blocks_in_use() const noexcept;
  std::size_t requested_in(const Slab& slab) const noexcept;
  void release_all() noexcept;

  template <class Visit>
  void for_each_held(Visit&& visit) const noexcept {
    for (const Slab* slab = held_.front(); slab != nullptr; slab = HeldList::next_of(*slab)) visit(*slab);
  }

  const AddressSpace& space_;
  std::uintptr_t notes_bias_ = 0;  // of the first region
  std::array<SlabBin*, kTableMax / slab_classes::kGranule + 1> bin_by_granules_{};
  std::array<SlabBin, slab_classes::kCountMax> bins_{};
  SlabBin no_bin_{};

  SizeClasses scheme_;
  std::size_t class_count_ = 0;
  std::size_t threshold_ = 0;
  Pages wish_;
  PageKind granted_ = PageKind::normal;  // to the units that came last
  HeldList held_;                        // all slabs, and large blocks of units
  std::size_t large_blocks_ = 0;
  std::size_t large_bytes_ = 0;
  std::uint64_t large_allocations_ = 0;
  std::uint64_t failures_ = 0;
  MallocBlocks* passed_ = nullptr;  // in pass-through mode all blocks are large, and these
  const annotate::Marks* marks_;    // of the program's memory checker; null when it has none
  os::Memory& memory_;              // where this core lies
  char name_[kNameMax + 1] = {};
  detail::PoolBudget name_budget_;
  Budget budget_{LimitScope::heap, name_, &name_budget_.shared()};  // of slabs and large blocks
  stats::Listed listed_;
};

}  // namespace cenote
