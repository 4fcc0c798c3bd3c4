#include <algorithm>
#include <new>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/passed_blocks.hpp>
#include <cenote/detail/system.hpp>

namespace cenote {
namespace {

std::size_t own_bytes() noexcept { return align_up(sizeof(PassedBlocks), os::page_bytes()); }

}  // namespace

PassedBlocks* PassedBlocks::create(const Shape& shape, os::Memory& memory, Budget& budget) noexcept {
  const os::Region own = memory.map(own_bytes(), os::page_bytes());
  if (!own) return nullptr;
  MallocBlocks* const blocks = MallocBlocks::create(memory, budget);
  if (blocks == nullptr) {
    memory.release(own);
    return nullptr;
  }
  return ::new (own.start) PassedBlocks{shape, *blocks};
}

void PassedBlocks::destroy(PassedBlocks* blocks) noexcept {
  os::Memory& memory = blocks->blocks_.memory();
  MallocBlocks::destroy(&blocks->blocks_);
  blocks->~PassedBlocks();
  memory.release({reinterpret_cast<std::byte*>(blocks), own_bytes()});
}

// --- blocks ------------------------------------------------------------------------------------------------

// Grows on demand by as much as it must: nothing is gained by more.
Result<void> PassedBlocks::reserve_place() noexcept {
  const os::LockGuard guard{lock_};
  if (in_use_ == capacity_ && !grow_locked(1)) {
    ++failures_;
    return AllocError::exhausted;
  }
  peak_in_use_ = std::max(peak_in_use_, ++in_use_);
  ++allocations_;
  return {};
}

void PassedBlocks::give_place_back() noexcept {
  const os::LockGuard guard{lock_};
  --in_use_;
}

Result<void*> PassedBlocks::allocate() noexcept {
  if (const Result<void> reserved = reserve_place(); !reserved) return reserved.error();
  const Result<void*> block = blocks_.take(shape_.block_bytes, shape_.alignment);
  if (block) return block;
  const os::LockGuard guard{lock_};
  --in_use_;
  --allocations_;
  ++failures_;
  return block;
}

// The place is free before the block is: what another thread was told of it must not be that the pool is
// exhausted.
AllocError PassedBlocks::deallocate(void* block) noexcept {
  const MallocBlocks::Found found = blocks_.claim(block);
  if (found.error != AllocError{}) return found.error;
  give_place_back();
  MallocBlocks::free_claimed(block);
  return AllocError{};
}

// --- capacity ----------------------------------------------------------------------------------------------

Result<std::size_t> PassedBlocks::grow_locked(std::size_t blocks) noexcept {
  if (blocks > shape_.capacity_max - capacity_) return AllocError::limit_reached;
  capacity_ += blocks;
  if (blocks != 0) ++grows_;
  return capacity_;
}

Result<std::size_t> PassedBlocks::grow(std::size_t blocks) noexcept {
  const os::LockGuard guard{lock_};
  return grow_locked(blocks);
}

void PassedBlocks::trim() noexcept {
  const os::LockGuard guard{lock_};
  capacity_ = std::max<std::size_t>(in_use_, shape_.capacity);
}

std::size_t PassedBlocks::capacity() noexcept {
  const os::LockGuard guard{lock_};
  return capacity_;
}

std::size_t PassedBlocks::in_use() noexcept {
  const os::LockGuard guard{lock_};
  return in_use_;
}

void PassedBlocks::describe(PoolStats& stats) noexcept {
  const os::LockGuard guard{lock_};
  stats.capacity = capacity_;
  stats.in_use = in_use_;
  stats.peak_in_use = peak_in_use_;
  stats.allocations = allocations_;
  stats.deallocations = allocations_ - in_use_;
  stats.failures = failures_;
  stats.grows = grows_;
}

// malloc has the memory: only its user's bytes are counted here, and not for the process.
void PassedBlocks::enlist(stats::Listed& listed, const char* name) const noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.block_bytes = shape_.block_bytes, .stride = shape_.block_bytes, .borrows = true};
  gauges.add(Gauge::of(Figure::blocks_in_use, in_use_))
      .add(Gauge::of(Figure::blocks_capacity, capacity_))
      .add(Gauge::of(Figure::blocks_peak, peak_in_use_))
      .add(Gauge::of(Figure::allocations, allocations_))
      .add(Gauge::of(Figure::failures, failures_));
  listed.open(stats::Kind::fixed_pool, name, gauges);
}

}  // namespace cenote
