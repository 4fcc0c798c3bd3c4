/// Counts what all heaps and slab allocators of a process hold, by walking its tables: every unit of 64 KiB
/// has a descriptor that says whose it is and how many of its blocks are in use. Nothing is locked; what
/// changes meanwhile is counted before or after, and what makes no sense is left out, so every sum adds up.
///
/// Complexity  O(units + blocks in thread caches).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <cenote/detail/account.hpp>
#include <cenote/detail/slab.hpp>

#include "heap/heap_core.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {

/// What belongs to one holder of slabs.
struct HolderAccount {
  const SlabHolder* holder = nullptr;  // null: of the page heap, shared by all
  stats::Account account{};
};

/// Room for so many holders; the first is the page heap. What belongs to holders beyond is counted for the
/// page heap.
class HeapCensus {
 public:
  HeapCensus(const HeapAnchor& anchor, const stats::Peek& peek, std::span<HolderAccount> room) noexcept
      : anchor_{anchor}, peek_{peek}, rows_{room} {}

  /// Counts; false when the process cannot be read.
  bool take() noexcept;
  /// One for each holder that was met, and for each heap that lives.
  std::span<const HolderAccount> rows() const noexcept { return rows_.first(count_); }
  /// More holders than there was room for.
  bool overflowed() const noexcept { return overflowed_; }

 private:
  stats::Account& page_heap() noexcept { return rows_[0].account; }
  stats::Account& account_of(const SlabHolder* holder) noexcept;

  bool count_heaps() noexcept;
  bool count_heap(const HeapCore* at, const HeapCore*& next) noexcept;
  void count_quarantined(const Quarantine::Entry& entry, stats::Account& account) const noexcept;
  bool count_regions(const AddressSpace& space) noexcept;
  void count_extent(const Extent& extent, std::span<const std::byte> descriptors) noexcept;
  void reserve_for(stats::Account& account, std::uint64_t bytes) noexcept;
  void count_slab(const Slab& slab) noexcept;
  void count_large(const Slab& block) noexcept;
  bool count_huge(const HugeBlocks& huge) noexcept;

  HeapAnchor anchor_;
  const stats::Peek& peek_;
  std::span<HolderAccount> rows_;
  std::size_t count_ = 0;
  const AddressSpace* space_ = nullptr;  // an image
  bool overflowed_ = false;
};

}  // namespace cenote::inspect
