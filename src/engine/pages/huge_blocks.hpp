/// Blocks above 1 MiB: each a mapping of its own, so that growing one moves page tables and not bytes.
///
/// A hash table beside the blocks tells them from foreign pointers. Freed mappings stay for a while, warm,
/// under a byte budget. The budget is small until the program shows that it takes big buffers again soon
/// after it gave them back: bytes requested in a period that a mapping released in the same period would have
/// served are regretted, and many regrets raise it.
///
///     allocate --> a kept mapping of about this size --> else map
///     deallocate --> kept (budget left) --> two ticks without use --> released, remembered for a tick as a ghost
///
/// Source  ghosts: Megiddo & Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/lock.hpp>
#include <cenote/detail/placement.hpp>
#include <cenote/detail/slab.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

struct HugeBlock {
  std::byte* start = nullptr;  // null: an empty slot of the table
  std::size_t bytes = 0;       // whole pages
  const SlabHolder* holder = nullptr;
  Place place{};  // for which it was mapped
};

/// Threads     any; one lock, not held across system calls on the block itself but for map and release of
///             kept ones.
class HugeBlocks {
 public:
  explicit constexpr HugeBlocks(os::Memory& memory, Nodes& nodes = g_nodes) noexcept
      : memory_{&memory}, nodes_{&nodes} {}

  /// A block of at least `bytes`, aligned to a page or `alignment`, in pages of the place's kind where these
  /// are to be had and it wastes an eighth of them at most; null start when the system refuses. `zeroed`:
  /// reads as zero.
  struct Allocation {
    HugeBlock block;
    bool zeroed = false;
  };
  Allocation allocate(const SlabHolder& holder, std::size_t bytes, std::size_t alignment,
                      Place place = {}) noexcept;

  /// Takes the block that starts at `start` out of the table; null start when there is none. The caller owns
  /// it then.
  HugeBlock remove(const void* start) noexcept;
  /// Keeps or releases a block that `remove` gave.
  void recycle(const HugeBlock& block) noexcept;
  /// Gives its pages back, and keeps its addresses for a while, inaccessible: a use after the free faults.
  /// Then releases it.
  void fence(const HugeBlock& block) noexcept;

  /// The block that starts at `start`; null start when there is none. O(1).
  HugeBlock find(const void* start) noexcept;

  /// Whether a block that started at `start` was freed lately: freeing it again is a double free. O(kept and
  /// remembered mappings).
  bool was_freed(const void* start) noexcept;

  /// Resizes a block without copying; null start when the system cannot: then nothing changed.
  HugeBlock resize(const HugeBlock& block, std::size_t bytes) noexcept;

  /// The block of `holder` that holds `address`; null start when there is none. O(blocks).
  HugeBlock find_containing(const SlabHolder& holder, const void* address) noexcept;
  /// Blocks of `holder`. O(table).
  std::size_t count(const SlabHolder& holder) noexcept;
  /// Calls `visit(const HugeBlock&)` for each of a holder's, under the lock.
  template <class Visit>
  void for_each(const SlabHolder& holder, Visit visit) noexcept {
    const os::LockGuard guard{lock_};
    for (std::size_t i = 0; i < table_slots_; ++i) {
      if (table_[i].start != nullptr && table_[i].holder == &holder) visit(table_[i]);
    }
  }

  /// Releases all blocks of `holder`. Returns their bytes.
  std::size_t release_all(const SlabHolder& holder) noexcept;

  /// Releases kept mappings that have not been used since before the last tick. Returns bytes.
  std::size_t purge_cold() noexcept { return purge(false); }
  /// The same for all kept mappings, and for the addresses of fenced ones.
  std::size_t purge_all() noexcept {
    release_fenced(0);
    return purge(true);
  }

  /// The slots of the table, for who looks at them from outside; within the process, under the lock.
  const HugeBlock* table() const noexcept { return table_; }
  std::size_t table_slots() const noexcept { return table_slots_; }

  /// Bytes of blocks in use, but for those that are being resized.
  std::size_t used_bytes() const noexcept { return used_bytes_.load(std::memory_order_relaxed); }
  std::size_t kept_bytes() const noexcept { return kept_bytes_.load(std::memory_order_relaxed); }
  constexpr os::Lock& lock() noexcept { return lock_; }
  os::Memory& exchange_memory(os::Memory& memory) noexcept;

 private:
  struct Kept {
    os::Region region;
    Place place;
    bool recent = false;  // since the last tick
  };
  struct Ghost {
    const std::byte* start = nullptr;  // null once somebody has these addresses again
    std::size_t bytes = 0;             // 0 once it is regretted, or its period is over
  };
  static constexpr std::size_t kKeptMax = 32;
  static constexpr std::size_t kBudgetMin = std::size_t{4} << 20;
  static constexpr std::size_t kBudgetMax = std::size_t{64} << 20;
  // Page faults cost about 0.2 ms a MiB: from here on they take a fiftieth of a period or more (compiler in
  // bench/workload, which stays below, would hold a third more memory and save no time).
  static constexpr std::size_t kRegretMax = std::size_t{64} << 20;
  // Addresses only, of which a process of 32 bits has few.
  static constexpr std::size_t kFencedMax = std::size_t{sizeof(void*) == 8 ? 1024 : 16} << 20;

  os::Region take_kept(std::size_t bytes, std::size_t alignment, Place place) noexcept;
  os::Region map(std::size_t bytes, std::size_t alignment, Place place) noexcept;
  void regret_release_of(std::size_t bytes) noexcept;
  bool keep(os::Region region, Place place) noexcept;
  std::size_t release_fenced(std::size_t bytes_max) noexcept;
  bool insert(const HugeBlock& block) noexcept;
  bool insert_locked(const HugeBlock& block) noexcept;
  bool take_out(const void* start) noexcept;
  void put_in(const HugeBlock& block) noexcept;
  bool grow_table() noexcept;
  std::size_t slot_of(const void* start) const noexcept;
  void erase(std::size_t slot) noexcept;
  std::size_t purge(bool recent_too) noexcept;
  void start_period() noexcept;

  os::Memory* memory_;
  Nodes* nodes_;
  os::Lock lock_{os::LockRank::huge};
  HugeBlock* table_ = nullptr;   // all below under lock_; linear probing, at most half full
  std::size_t table_slots_ = 0;  // a power of two
  std::size_t count_ = 0;
  // blocks that are out of the table while they are resized; their slots are kept for them
  std::size_t moving_ = 0;
  std::array<Kept, kKeptMax> kept_{};
  std::size_t budget_ = kBudgetMin;
  std::array<Ghost, 32> ghosts_{};  // mappings released lately; a ring
  std::size_t next_ghost_ = 0;
  std::array<os::Region, 32> fenced_{};  // a ring
  std::size_t next_fenced_ = 0;
  std::size_t fenced_bytes_ = 0;
  // bytes mapped anew in this period for which a released mapping would have done
  std::size_t regretted_ = 0;
  std::size_t reused_ = 0;  // bytes taken from kept mappings in this period
  std::atomic<std::size_t> used_bytes_{0};
  std::atomic<std::size_t> kept_bytes_{0};
};

}  // namespace cenote
