#include <cenote/detail/lock_free_core.hpp>

namespace cenote {
namespace {

using Guard = PoolGuard<PoolLock>;

// Fresh slots come in runs: a program that uses few never touches the links of the others.
constexpr SlotIndex kRunMax = 64;

}  // namespace

LockFreeCore::LockFreeCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
                           const PoolOptions& options) noexcept
    : space_{plan, reserved, memory, options},
      stack_{entries_behind<std::atomic<std::uint64_t>>(*this), plan.capacity_max} {}

void LockFreeCore::raise_peak(SlotIndex out) noexcept {
  SlotIndex peak = peak_out_.load(std::memory_order_relaxed);
  while (peak < out && !peak_out_.compare_exchange_weak(peak, out, std::memory_order_relaxed)) {
  }
}

Result<void*> LockFreeCore::refuse(AllocError error) noexcept {
  failures_.fetch_add(1, std::memory_order_relaxed);
  return error;
}

void* LockFreeCore::pop_block() noexcept {
  const Stack::Popped popped = stack_.pop();
  if (popped.slot == kNoSlot) return nullptr;
  note_out(popped.out);
  return space_.block_at(popped.slot);
}

// A settled pool that has never shrunk says so without the lock: nothing can come from anywhere but the
// stack. What was read to get here is read again in this order, since the last run of the stock may just have
// reached the stack, or a shrink have taken all from it.
Result<void*> LockFreeCore::refill_and_allocate() noexcept {
  const detail::LimitReporter reporter{space_.budget()};
  if (PassedBlocks* const passed = space_.passed()) return passed->allocate();
  if (settled_.load(std::memory_order_acquire)) {
    if (void* const block = pop_block()) return block;
    if (!has_shrunk_.load(std::memory_order_acquire)) return refuse(AllocError::exhausted);
  }
  const Guard guard{lock_};
  for (;;) {  // what one refills, others may take first
    if (void* const block = pop_block()) return block;
    if (space_.stock() == 0) {
      if (const Result<void> grown = space_.grow_on_demand(); !grown) return refuse(grown.error());
    }
    const SlotRun run = space_.take_stock(kRunMax);
    stack_.circulate(space_.capacity() - space_.stock());
    stack_.push_many(run.count, [&](SlotIndex i) { return run.first + i; });
    if (space_.stock() == 0 && !space_.can_grow()) settled_.store(true, std::memory_order_release);
  }
}

Result<std::size_t> LockFreeCore::grow(std::size_t blocks) noexcept {
  const detail::LimitReporter reporter{space_.budget()};
  const Guard guard{lock_};
  return space_.grow(blocks);
}

bool LockFreeCore::is_held(const void* core, SlotIndex slot) noexcept {
  return static_cast<const LockFreeCore*>(core)->stack_.is_held(slot);
}

// Links the held slots through their own links, the one that was popped last first.
SlotIndex LockFreeCore::hold_all(SlotIndex& count) noexcept {
  SlotIndex last = kNoSlot;
  count = 0;
  stack_.pop_many(kNoSlot, [&](SlotIndex slot) {
    stack_.hold(slot, last);
    last = slot;
    ++count;
  });
  return last;
}

void LockFreeCore::release_held(SlotIndex first) noexcept {
  SlotIndex circulating = space_.capacity() - space_.stock();
  for (SlotIndex slot = first; slot != kNoSlot; slot = stack_.next_held(slot)) {
    if (!space_.is_stocked(slot)) --circulating;
  }
  for (SlotIndex slot = first, next = 0; slot != kNoSlot; slot = next) {
    next = stack_.next_held(slot);
    if (space_.is_stocked(slot)) {
      stack_.set_stocked(slot);
    } else {
      stack_.circulate(++circulating);
      stack_.push(slot);
    }
  }
}

// All that is free is taken off the stack and held; who finds it empty meanwhile waits for the lock. What is
// not given back returns in the same order.
std::size_t LockFreeCore::trim() noexcept {
  const Guard guard{lock_};
  has_shrunk_.store(true, std::memory_order_release);
  SlotIndex held = 0;
  const SlotIndex first = hold_all(held);
  pops_by_trim_ += held;
  stack_.circulate(space_.capacity() - space_.stock() - held);
  const std::size_t given = space_.cool(this, &is_held);
  release_held(first);
  return given;
}

Result<void> LockFreeCore::open() noexcept {
  using stats::Figure, stats::Gauge;
  if (const Result<void> opened = space_.open(); !opened) return opened;
  stats::Gauges gauges;
  space_.add_idle(gauges, Figure::partial_slabs, stack_.depth_gauge());
  stack_.add_pops(gauges);
  gauges.add(Gauge::of(Figure::allocations, pops_by_trim_, -1))
      .add(Gauge::of(Figure::blocks_peak, peak_out_))
      .add(Gauge::of(Figure::failures, failures_));
  space_.enlist(gauges);
  return {};
}

PoolStats LockFreeCore::stats() const noexcept {
  const Guard guard{lock_};
  PoolStats stats;
  space_.describe(stats);
  stats.in_use = stack_.out();
  stats.peak_in_use = peak_out_.load(std::memory_order_relaxed);
  stats.allocations = stack_.pops() - pops_by_trim_;
  stats.deallocations = stats.allocations - stats.in_use;
  stats.failures = failures_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace cenote
