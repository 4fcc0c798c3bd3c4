/// Where all units lie, and how an address finds its descriptor: by arithmetic alone.
///
///     region   | descriptors | extents     | units ...             | not committed yet     | states         |
///              | 128 B/unit  | 64 B/extent | 4 MiB aligned extents |                       | 1 B/16 B block |
///              ^ base                                              ^ base + limit
///
///     descriptor_of(p) = base + ((p - base) >> 16) * 128        when p - base < limit
///     state_of(p)      = states + ((p - base) >> 4)             likewise; used by heaps that detect misuse exactly
///
/// One region of 256 GiB serves almost every process. Where addresses are scarce (ulimit -v, ulimit -d, 32
/// bits) regions are small, and more
/// are added as they fill; a pointer outside the first is then looked for in the others, off the fast path.
///
/// Under a limit of the user's a region is sparse: only its header stays reserved, and each extent is
/// reserved when it is first used. Extents can be released and reserved again. Meanwhile other mappings may
/// lie there: an `unused` descriptor does not say whose an address is.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/extents.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/placement.hpp>
#include <cenote/detail/slab.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// What a heap that detects misuse knows of a block: at its first byte's granule, `never` everywhere else.
enum class BlockState : std::uint8_t {
  never = 0,
  live,
  live_aligned,  // allocated with an alignment of its own: its size does not tell its class
  freed
};

/// Addresses that hold the tables and the units they describe.
///
/// A reader may see the new limit of a region that is being added together with its old base, or the other
/// way round. Both tell it that no pointer lies in the region: the old limit is 0, and no offset from the old
/// base, kNoBase, is below any limit.
struct AddressRegion {
  /// The middle of the address space, where the system maps nothing of a process that has no region yet.
  static constexpr std::uintptr_t kNoBase = std::uintptr_t{1} << (sizeof(std::uintptr_t) * 8 - 1);

  std::uintptr_t base_address = kNoBase;
  // bytes from base that are in use; grows under the page heap's lock, read by any thread
  std::atomic<std::size_t> limit{0};
  std::size_t bytes = 0;
  bool is_sparse = false;  // only the tables are reserved; the memory of extents is, one by one

  static constexpr std::size_t extents_offset(std::size_t bytes) noexcept {
    return bytes >> (kUnitShift - kDescriptorShift);
  }
  static constexpr std::size_t header_bytes(std::size_t bytes) noexcept {
    return align_up(extents_offset(bytes) + (bytes >> kExtentShift) * sizeof(Extent), kUnitBytes);
  }
  /// Behind all units: between them and their descriptors, the states would need descriptors of their own.
  static constexpr std::size_t states_offset(std::size_t bytes) noexcept { return bytes - bytes / 16; }

  /// Whether `pointer` lies in the part that is in use; sets its offset from the base, which is huge for
  /// addresses below the base.
  bool covers(const void* pointer, std::size_t& offset) const noexcept {
    offset = offset_of(pointer);
    return offset < limit.load(std::memory_order_relaxed);
  }
  std::byte* base() const noexcept { return reinterpret_cast<std::byte*>(base_address); }
  /// Of an address in the region.
  std::size_t offset_of(const void* pointer) const noexcept { return address_of(pointer) - base_address; }

  Slab* descriptor_at(std::size_t offset) const noexcept {
    constexpr std::size_t kInTable = ~(kDescriptorBytes - 1);
    return reinterpret_cast<Slab*>(base() + ((offset >> (kUnitShift - kDescriptorShift)) & kInTable));
  }
  Extent* extents() const noexcept { return reinterpret_cast<Extent*>(base() + extents_offset(bytes)); }
  std::atomic<BlockState>* state_at(std::size_t offset) const noexcept {
    return reinterpret_cast<std::atomic<BlockState>*>(base() + states_offset(bytes) + offset / 16);
  }
  /// Counted from where the header ends: a header of less than an extent shares its extent with the first
  /// units.
  std::size_t first_extent() const noexcept { return header_bytes(bytes) >> kExtentShift; }
  /// Bytes of the header in the extent at `offset`: of the first extent, or none.
  std::size_t header_bytes_from(std::size_t offset) const noexcept {
    const std::size_t header = header_bytes(bytes);
    return header > offset ? header - offset : 0;
  }
  /// Bytes of the states in the extent at `offset`: of one that they share with the last units, or none.
  std::size_t states_bytes_from(std::size_t offset) const noexcept {
    const std::size_t end = offset + kExtentBytes;
    return end > states_offset(bytes) ? end - states_offset(bytes) : 0;
  }
  /// The units that hold no tables: those between the header and the states.
  os::Region own_memory() const noexcept {
    return {base() + header_bytes(bytes), states_offset(bytes) - header_bytes(bytes)};
  }
  std::size_t extent_count() const noexcept { return limit.load(std::memory_order_relaxed) >> kExtentShift; }
};

/// Threads     descriptor_of: any, lock-free. Growing: under the page heap's lock.
class AddressSpace {
 public:
  /// The descriptor of the unit that holds `pointer`, null when that address is none of ours; that of an
  /// unused unit when it lies in our tables. O(1) in the first region.
  Slab* descriptor_of(const void* pointer) const noexcept {
    std::size_t offset = 0;
    if (first_.covers(pointer, offset)) [[likely]]
      return first_.descriptor_at(offset);
    return descriptor_in_others(pointer);
  }

  /// The same, null also when the unit is unused: a mapping of others may lie there.
  Slab* used_descriptor_of(const void* pointer) const noexcept {
    Slab* const unit = descriptor_of(pointer);
    return unit != nullptr && unit->kind != UnitKind::unused ? unit : nullptr;
  }

  /// The first region, the only one that fast paths look into.
  const AddressRegion& first() const noexcept { return first_; }

  /// Whether units lie at `pointer`, and not tables, or nothing of ours. O(1) in the first region.
  bool has_units_at(const void* pointer) const noexcept;

  /// The state of the block at `pointer`, an address in a unit of ours. O(1) in the first region.
  std::atomic<BlockState>& state_of(const void* pointer) const noexcept {
    std::size_t offset = 0;
    return first_.covers(pointer, offset) ? *first_.state_at(offset) : state_in_others(pointer);
  }

  /// The same byte for an owner of units that keeps notes of its own about 16 bytes of them; zero after
  /// `forget_states`.
  std::uint8_t* notes_of(const void* pointer) const noexcept {
    return reinterpret_cast<std::uint8_t*>(&state_of(pointer));
  }

  /// Commits the states of all extents there are and will be, before the first state is written or read.
  /// False when the system refuses. Under the page heap's lock.
  bool use_states(os::Memory& memory) noexcept;
  bool has_states() const noexcept { return has_states_.load(std::memory_order_acquire); }

  /// Sets the states of all blocks in units of ours to `never`. `clean`: they are, since the units were never
  /// used, or purged. O(bytes / 16), O(1) when clean.
  void forget_states(const std::byte* start, std::size_t bytes, bool clean = false) const noexcept;
  /// Returns the pages of states to the system, of units that nobody has: they are `never` again. False when
  /// the system refuses. O(1) until states are used.
  bool purge_states(os::Region units, os::Memory& memory) const noexcept;

  /// Whether `block`, an address in a free unit of ours, was a block of `holder` when that unit was in use
  /// last: until a free unit is taken, its descriptor still says what it was.
  bool was_block_of(const SlabHolder& holder, const void* block) const noexcept;

  /// The extent that holds `unit`, an address of ours. O(1) in the first region.
  Extent* extent_of(const std::byte* unit) const noexcept;

  /// Commits one more extent, a released one when there is one, in pages of the place's kind or else in
  /// normal ones, which its own place then says. Null when the system refuses addresses or memory. O(1);
  /// O(extents) when some are released.
  Extent* grow(os::Memory& memory, Place place = {}) noexcept;

  /// Releases the addresses of an extent of which nobody has a unit. False when the system cannot: then
  /// nothing changed.
  bool release(Extent& extent, os::Memory& memory) noexcept;

  /// Calls `visit(Extent&)` for each extent there is.
  template <class Visit>
  void for_each_extent(Visit&& visit) noexcept {
    for (std::uint32_t i = 0; i < region_count_.load(std::memory_order_acquire); ++i) {
      AddressRegion& region = region_at(i);
      for (std::size_t e = region.first_extent(); e < region.extent_count(); ++e) {
        visit(region.extents()[e]);
      }
    }
  }

  /// Calls `visit(const AddressRegion&)` for each region there is.
  template <class Visit>
  void for_each_region(Visit&& visit) const noexcept {
    for (std::uint32_t i = 0; i < region_count(); ++i) visit(region_at(i));
  }

  /// Bytes of addresses held.
  std::size_t reserved_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kRegionsMax = 64;

  // Never more than there is room for: of a damaged process an image may say anything.
  std::uint32_t region_count() const noexcept {
    return std::min(region_count_.load(std::memory_order_acquire), kRegionsMax);
  }
  AddressRegion& region_at(std::uint32_t index) noexcept { return index == 0 ? first_ : others_[index - 1]; }
  const AddressRegion& region_at(std::uint32_t index) const noexcept {
    return index == 0 ? first_ : others_[index - 1];
  }
  const AddressRegion* region_of(const void* pointer) const noexcept;
  Slab* descriptor_in_others(const void* pointer) const noexcept;
  std::atomic<BlockState>& state_in_others(const void* pointer) const noexcept;
  bool add_region(os::Memory& memory) noexcept;
  static bool open_region(AddressRegion& region, os::Region reserved, bool limited,
                          os::Memory& memory) noexcept;
  static bool commit_tables(const AddressRegion& region, os::Memory& memory) noexcept;
  bool commit_descriptors(const AddressRegion& region, std::size_t offset, os::Memory& memory) const noexcept;
  Extent* next_extent(AddressRegion& region, os::Memory& memory, Place place) noexcept;
  Extent* reclaim_released(os::Memory& memory, Place place) noexcept;
  os::Claim open_extent(Extent& extent, bool must_claim, os::Memory& memory, Place place) noexcept;

  AddressRegion first_;
  AddressRegion others_[kRegionsMax - 1];
  // written under the page heap's lock; release, so that lookups see the region
  std::atomic<std::uint32_t> region_count_{0};
  std::atomic<std::size_t> released_bytes_{0};  // of extents; written under the page heap's lock
  std::size_t region_bytes_ = 0;                // what to reserve next
  std::atomic<bool> has_states_{false};         // written under the page heap's lock
};

}  // namespace cenote
