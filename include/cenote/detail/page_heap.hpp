/// Hands out runs of units, takes them back, and gives the system what has been cold for a while.
///
///     allocate --> the fullest extent of the place that has the run, warm units first --> else one more extent --> else any other
///     deallocate --> dirty, recent --tick--> dirty --tick--> purged in runs: clean again
///                --> wholly free extents but one of each place are released at once, under a tight limit of the user's
///
/// Source  densest first: Hunter et al., "Beyond malloc efficiency to fleet efficiency", OSDI 2021
///         (tcmalloc's filler); two ticks before a purge: a cold page has seen a whole period without use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/address_space.hpp>
#include <cenote/detail/extents.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/placement.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// A run of units. `clean`: reads as zero. Null head: there was none to be had.
struct UnitRun {
  Slab* head = nullptr;
  std::byte* start = nullptr;
  bool clean = false;
  Place place{};  // where it really is
};

/// Threads     any; one lock.
class PageHeap {
 public:
  explicit constexpr PageHeap(os::Memory& memory, Nodes& nodes = g_nodes) noexcept
      : memory_{&memory}, nodes_{&nodes} {}

  /// A run of `units`, 1 to 64 of them, within one extent, at that place or elsewhere when the system has
  /// nothing more there; null head when it refuses altogether.
  /// Complexity  O(1) for one unit; else O(extents) at worst, by one comparison each.
  UnitRun allocate(Units units, Place place = {}) noexcept;

  /// Takes back a run, its descriptors closed by the caller. `touched`: it may hold old bytes. O(1).
  void deallocate(std::byte* start, Units units, bool touched = true) noexcept;

  /// Adds the units behind a run of `have` to it, up to `want` in all; false when they are not free: then
  /// nothing changed. O(1).
  bool extend(std::byte* start, Units have, Units want) noexcept;

  /// Sees to it that units have states (AddressSpace::state_of). False when the system refuses the memory.
  /// O(1) but for the first call.
  bool use_states() noexcept;

  /// Whether nobody has the unit that holds `address`, an address of ours. O(1) in the first region.
  bool is_free(const void* address) noexcept;

  /// Brings in the pages of a clean run at once: cheaper than a fault for each. A hint.
  void populate(const UnitRun& run, Units units) noexcept {
    if (run.clean) static_cast<void>(memory_->populate({run.start, bytes_of(units)}));
  }

  /// Purges the pages of a run, and forbids access to it. False when the system cannot: then nothing
  /// changed but bytes.
  bool fence(std::byte* start, Units units) noexcept;
  /// Allows access again: the run reads as zero. False when the system refuses.
  bool unfence(std::byte* start, Units units) noexcept;

  /// Purges what has been dirty since before the last tick, and starts a new period. Stops after the
  /// extent in which it has purged `bytes_max`; the next call purges the rest. Returns bytes purged.
  std::size_t purge_cold(std::size_t bytes_max = SIZE_MAX) noexcept {
    came_home_.next_period();
    return purge(Age::cold, bytes_max);
  }
  /// Purges all that is dirty. Returns bytes given back.
  std::size_t purge_all() noexcept { return purge(Age::any, SIZE_MAX); }
  /// Releases the addresses of all extents that are wholly free, for other mappings to take. Returns bytes.
  /// O(extents).
  std::size_t release_free() noexcept;

  std::size_t dirty_bytes() const noexcept {
    return dirty_units_.load(std::memory_order_relaxed) << kUnitShift;
  }
  /// Bytes of sparse slabs that wait for their free pages to be purged.
  std::size_t resting_bytes() const noexcept {
    return resting_units_.load(std::memory_order_relaxed) << kUnitShift;
  }
  /// Bytes of slabs of which other threads have freed every block within the last periods: their owners may
  /// be blocked.
  std::size_t came_home_bytes() const noexcept { return bytes_of(came_home_.sum()); }
  void note_came_home(Units units) noexcept { came_home_.note(units); }
  void note_resting(Units units) noexcept {
    resting_units_.fetch_add(units.count, std::memory_order_relaxed);
  }
  void note_no_longer_resting(Units units) noexcept {
    resting_units_.fetch_sub(units.count, std::memory_order_relaxed);
  }
  /// Bytes in units that somebody has.
  std::size_t used_bytes() const noexcept {
    return used_units_.load(std::memory_order_relaxed) << kUnitShift;
  }
  std::size_t committed_bytes() const noexcept {
    return extents_.load(std::memory_order_relaxed) << kExtentShift;
  }

  /// Where units lie, an address of ours. O(1) in the first region.
  Place place_of(const std::byte* unit) const noexcept { return space_.extent_of(unit)->place; }
  Nodes& nodes() const noexcept { return *nodes_; }

  AddressSpace& space() noexcept { return space_; }
  const AddressSpace& space() const noexcept { return space_; }
  constexpr os::Lock& lock() noexcept { return lock_; }

  /// Where the memory comes from.
  os::Memory& memory() noexcept {
    const os::LockGuard guard{lock_};
    return *memory_;
  }
  /// Replaces the system's memory, for tests of failures; returns the one before.
  os::Memory& exchange_memory(os::Memory& memory) noexcept;

  /// Masks, lists and counters agree; aborts when they do not. Takes the lock. O(extents).
  void check_invariants() noexcept;

 private:
  enum class Age { cold, any };

  Extent* find(Units units, Place place) noexcept;
  Extent* grow(Place place) noexcept;
  void take(Extent& extent, std::uint64_t run) noexcept;
  void put(Extent& extent, std::uint64_t run, std::uint64_t dirty) noexcept;
  bool release(Extent& extent) noexcept;
  std::size_t purge(Age age, std::size_t bytes_max) noexcept;
  std::size_t purge_units(Extent& extent, std::uint64_t cold) noexcept;

  os::Memory* memory_;
  Nodes* nodes_;
  os::Lock lock_{os::LockRank::page_heap};
  AddressSpace space_;                       // grows under lock_
  Shelves shelves_;                          // under lock_
  std::atomic<std::size_t> dirty_units_{0};  // written under lock_
  std::atomic<std::size_t> used_units_{0};   // written under lock_
  std::atomic<std::size_t> resting_units_{0};
  RecentUnits came_home_{};
  std::atomic<std::size_t> extents_{0};  // written under lock_
};

}  // namespace cenote
