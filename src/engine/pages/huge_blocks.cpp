#include "engine/pages/huge_blocks.hpp"

#include <algorithm>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

#include "engine/pages/user_limit.hpp"

namespace cenote {
namespace {

constexpr std::size_t kFirstTableSlots = 256;
constexpr std::size_t kHugePageBytes = kUnitsPerHugePage * kUnitBytes;

std::size_t hash_of(const void* start) noexcept {
  return static_cast<std::size_t>((std::uint64_t{address_of(start)} >> 12) * 0x9e37'79b9'7f4a'7c15U >> 20);
}

// Whether a mapping of `have` bytes is a good answer to a request of `want`: it wastes an eighth at most.
bool serves(std::size_t have, std::size_t want) noexcept { return have >= want && have - want <= want / 8; }

}  // namespace

HugeBlocks::Allocation HugeBlocks::allocate(const SlabHolder& holder, std::size_t bytes,
                                            std::size_t alignment, Place place) noexcept {
  const std::size_t whole = align_up(bytes, os::page_bytes());
  if (whole < bytes) return {};
  os::Region region = take_kept(whole, alignment, place);
  const bool zeroed = !region;
  if (!region) region = map(whole, alignment, place);
  if (!region && release_fenced(0) + purge_all() != 0) region = map(whole, alignment, place);
  if (!region) return {};
  const HugeBlock block{region.start, region.bytes, &holder, place};
  if (!insert(block)) {
    memory_->release(region);
    return {};
  }
  return {block, zeroed};
}

os::Region HugeBlocks::map(std::size_t bytes, std::size_t alignment, Place place) noexcept {
  const bool fills = serves(align_up(bytes, kHugePageBytes), bytes);
  const PageKind wanted = fills ? place.pages() : PageKind::normal;
  const os::Region region =
      os::map_in_pages(*memory_, wanted, bytes, std::max(alignment, os::page_bytes())).region;
  if (region) nodes_->bind(region, place);
  return region;
}

HugeBlock HugeBlocks::remove(const void* start) noexcept {
  const os::LockGuard guard{lock_};
  if (table_slots_ == 0) return {};
  const std::size_t slot = slot_of(start);
  const HugeBlock block = table_[slot];
  if (block.start != nullptr) erase(slot);
  return block;
}

void HugeBlocks::recycle(const HugeBlock& block) noexcept {
  const os::Region region{block.start, block.bytes};
  if (!keep(region, block.place)) memory_->release(region);
}

void HugeBlocks::fence(const HugeBlock& block) noexcept {
  const os::Region region{block.start, block.bytes};
  if (block.bytes > kFencedMax ||
      (block.place.pages() != PageKind::normal && block.place.pages() != PageKind::transparent_huge)) {
    return recycle(block);
  }
  memory_->decommit(region);
  os::Region oldest{};
  {
    const os::LockGuard guard{lock_};
    oldest = std::exchange(fenced_[next_fenced_++ % fenced_.size()], region);
    fenced_bytes_ += region.bytes - oldest.bytes;
  }
  if (oldest) memory_->release(oldest);
  release_fenced(kFencedMax);
}

// From the oldest on, until no more than `bytes_max` are left. Returns bytes of addresses.
std::size_t HugeBlocks::release_fenced(std::size_t bytes_max) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < fenced_.size(); ++i) {
    os::Region region{};
    {
      const os::LockGuard guard{lock_};
      if (fenced_bytes_ <= bytes_max) break;
      region = std::exchange(fenced_[(next_fenced_ + i) % fenced_.size()], {});
      fenced_bytes_ -= region.bytes;
      if (region) ghosts_[next_ghost_++ % ghosts_.size()] = {region.start, 0};  // nothing to regret
    }
    if (region) memory_->release(region);
    bytes += region.bytes;
  }
  return bytes;
}

HugeBlock HugeBlocks::find(const void* start) noexcept {
  const os::LockGuard guard{lock_};
  return table_slots_ == 0 ? HugeBlock{} : table_[slot_of(start)];
}

bool HugeBlocks::take_out(const void* start) noexcept {
  const os::LockGuard guard{lock_};
  if (table_slots_ == 0) return false;
  const std::size_t slot = slot_of(start);
  if (table_[slot].start == nullptr) return false;
  erase(slot);
  ++moving_;
  return true;
}

void HugeBlocks::put_in(const HugeBlock& block) noexcept {
  const os::LockGuard guard{lock_};
  --moving_;
  CENOTE_CHECK(insert_locked(block), "the slot of a block that was resized has gone");
}

// Out of the table while it moves: the old addresses may be somebody else's as soon as the system has let go
// of them.
HugeBlock HugeBlocks::resize(const HugeBlock& block, std::size_t bytes) noexcept {
  const std::size_t whole = align_up(bytes, os::page_bytes());
  if (whole < bytes || !take_out(block.start)) return {};
  const os::Region moved = memory_->remap({block.start, block.bytes}, whole);
  const HugeBlock now = moved ? HugeBlock{moved.start, moved.bytes, block.holder, block.place} : block;
  put_in(now);
  return moved ? now : HugeBlock{};
}

HugeBlock HugeBlocks::find_containing(const SlabHolder& holder, const void* address) noexcept {
  const os::LockGuard guard{lock_};
  for (std::size_t slot = 0; slot < table_slots_; ++slot) {
    const HugeBlock& block = table_[slot];
    const bool inside = address_of(address) - address_of(block.start) < block.bytes;
    if (block.start != nullptr && block.holder == &holder && inside) return block;
  }
  return {};
}

std::size_t HugeBlocks::count(const SlabHolder& holder) noexcept {
  const os::LockGuard guard{lock_};
  return static_cast<std::size_t>(std::count_if(table_, table_ + table_slots_, [&](const HugeBlock& block) {
    return block.start != nullptr && block.holder == &holder;
  }));
}

std::size_t HugeBlocks::release_all(const SlabHolder& holder) noexcept {
  std::size_t bytes = 0;
  const os::LockGuard guard{lock_};
  for (std::size_t slot = 0; slot < table_slots_;) {
    const HugeBlock block = table_[slot];
    if (block.start == nullptr || block.holder != &holder) {
      ++slot;
      continue;
    }
    erase(slot);  // may move another block into this slot: look at it again
    memory_->release({block.start, block.bytes});
    bytes += block.bytes;
  }
  return bytes;
}

// The smallest kept mapping of the place that holds the request and wastes at most an eighth of it.
os::Region HugeBlocks::take_kept(std::size_t bytes, std::size_t alignment, Place place) noexcept {
  const os::LockGuard guard{lock_};
  Kept* best = nullptr;
  for (Kept& kept : kept_) {
    if (!serves(kept.region.bytes, bytes) || kept.place != place) continue;
    if (!is_aligned(kept.region.start, alignment)) continue;
    if (best == nullptr || kept.region.bytes < best->region.bytes) best = &kept;
  }
  if (best == nullptr) {
    regret_release_of(bytes);
    return {};
  }
  reused_ += best->region.bytes;
  const os::Region region = best->region;
  *best = {};
  kept_bytes_.store(kept_bytes() - region.bytes, std::memory_order_relaxed);
  return region;
}

void HugeBlocks::regret_release_of(std::size_t bytes) noexcept {
  const auto would_serve = [&](const Ghost& ghost) { return serves(ghost.bytes, bytes); };
  const auto ghost = std::find_if(ghosts_.begin(), ghosts_.end(), would_serve);
  if (ghost == ghosts_.end()) return;
  ghost->bytes = 0;
  regretted_ += bytes;
  if (regretted_ >= kRegretMax && !user_limit::is_tight()) budget_ = kBudgetMax;
}

bool HugeBlocks::keep(os::Region region, Place place) noexcept {
  const os::LockGuard guard{lock_};
  const auto empty = std::find_if(kept_.begin(), kept_.end(), [](const Kept& kept) { return !kept.region; });
  if (kept_bytes() + region.bytes > budget_ || empty == kept_.end()) {
    ghosts_[next_ghost_++ % ghosts_.size()] = {region.start, region.bytes};
    return false;
  }
  *empty = {region, place, true};
  kept_bytes_.store(kept_bytes() + region.bytes, std::memory_order_relaxed);
  return true;
}

bool HugeBlocks::was_freed(const void* start) noexcept {
  const os::LockGuard guard{lock_};
  const auto kept_here = [&](const Kept& kept) { return kept.region.start == start; };
  const auto was_here = [&](const Ghost& ghost) { return ghost.start == start; };
  const auto fenced_here = [&](const os::Region& region) { return region.start == start; };
  return start != nullptr && (std::any_of(fenced_.begin(), fenced_.end(), fenced_here) ||
                              std::any_of(kept_.begin(), kept_.end(), kept_here) ||
                              std::any_of(ghosts_.begin(), ghosts_.end(), was_here));
}

bool HugeBlocks::insert(const HugeBlock& block) noexcept {
  const os::LockGuard guard{lock_};
  return insert_locked(block);
}

// A table that cannot grow is filled to the last slot but one.
bool HugeBlocks::insert_locked(const HugeBlock& block) noexcept {
  const std::size_t taken = count_ + moving_ + 1;
  const bool crowded = 2 * taken > table_slots_;
  if (crowded && !grow_table() && taken >= table_slots_) return false;
  table_[slot_of(block.start)] = block;
  ++count_;
  used_bytes_.store(used_bytes() + block.bytes, std::memory_order_relaxed);
  for (Ghost& ghost : ghosts_) {
    if (address_of(ghost.start) - address_of(block.start) < block.bytes) ghost.start = nullptr;
  }
  return true;
}

bool HugeBlocks::grow_table() noexcept {
  const std::size_t slots = table_slots_ == 0 ? kFirstTableSlots : table_slots_ * 2;
  const std::size_t page = os::page_bytes();
  const os::Region fresh = memory_->map(align_up(slots * sizeof(HugeBlock), page), page);
  if (!fresh) return false;
  HugeBlock* const old_table = table_;
  const std::size_t old_slots = table_slots_;
  table_ = reinterpret_cast<HugeBlock*>(fresh.start);
  table_slots_ = slots;
  for (std::size_t slot = 0; slot < old_slots; ++slot) {
    if (old_table[slot].start != nullptr) table_[slot_of(old_table[slot].start)] = old_table[slot];
  }
  if (old_table != nullptr) {
    memory_->release(
        {reinterpret_cast<std::byte*>(old_table), align_up(old_slots * sizeof(HugeBlock), page)});
  }
  return true;
}

std::size_t HugeBlocks::slot_of(const void* start) const noexcept {
  std::size_t slot = hash_of(start) & (table_slots_ - 1);
  while (table_[slot].start != nullptr && table_[slot].start != start) slot = (slot + 1) & (table_slots_ - 1);
  return slot;
}

// Linear probing without tombstones: what a probe could have pushed past the hole moves back into it (Knuth,
// TAOCP 3, 6.4 R).
void HugeBlocks::erase(std::size_t slot) noexcept {
  const std::size_t mask = table_slots_ - 1;
  used_bytes_.store(used_bytes() - table_[slot].bytes, std::memory_order_relaxed);
  std::size_t hole = slot;
  for (std::size_t at = (slot + 1) & mask; table_[at].start != nullptr; at = (at + 1) & mask) {
    const std::size_t home = hash_of(table_[at].start) & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      table_[hole] = table_[at];
      hole = at;
    }
  }
  table_[hole] = {};
  --count_;
}

std::size_t HugeBlocks::purge(bool recent_too) noexcept {
  start_period();
  if (kept_bytes() == 0) return 0;
  std::size_t bytes = 0;
  for (Kept& kept : kept_) {
    os::Region region{};
    {
      const os::LockGuard guard{lock_};
      if (kept.region && (recent_too || !kept.recent)) {
        region = kept.region;
        kept = {};
        kept_bytes_.store(kept_bytes() - region.bytes, std::memory_order_relaxed);
      } else {
        kept.recent = false;
      }
    }
    if (region) memory_->release(region);
    bytes += region.bytes;
  }
  return bytes;
}

void HugeBlocks::start_period() noexcept {
  const os::LockGuard guard{lock_};
  if (reused_ + regretted_ < kRegretMax) budget_ = kBudgetMin;
  reused_ = regretted_ = 0;
  for (Ghost& ghost : ghosts_) ghost.bytes = 0;
}

os::Memory& HugeBlocks::exchange_memory(os::Memory& memory) noexcept {
  const os::LockGuard guard{lock_};
  os::Memory& before = *memory_;
  memory_ = &memory;
  return before;
}

}  // namespace cenote
