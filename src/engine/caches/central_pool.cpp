#include "engine/caches/central_pool.hpp"

#include <atomic>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>

#include "engine/pages/user_limit.hpp"
#include "os/memory_pressure.hpp"

namespace cenote {
namespace {

// Each thread's own: what failed for one is no reason for another.
[[gnu::tls_model("initial-exec")]] thread_local constinit AllocError t_last_failure =
    AllocError::out_of_memory;

}  // namespace

AllocError CentralPool::last_failure() noexcept { return t_last_failure; }

Slab* CentralPool::acquire(SizeClass c, SlabOwner& owner, bool populate) noexcept {
  const Place here = this->here();
  if (!abandoned_.is_empty()) {
    if (Slab* slab = adopt_abandoned(c, owner, here)) return slab;
  }
  const UnitRun run = take_units(slab_units(c), here);
  if (run.head == nullptr) return adopt_any_abandoned(c, owner);
  if (populate) pages_.populate(run, slab_units(c));
  // Under the lock, like every change of owner or central pool: settle_abandoned may still look at this
  // descriptor's last life.
  const os::LockGuard guard{lock_};
  run.head->open(this, c, run.start, run.clean);
  run.head->owner.store(&owner, std::memory_order_release);
  all_.push_back(*run.head);
  return run.head;
}

void CentralPool::release(Slab& slab) noexcept {
  CENOTE_ASSERT(slab.used() == 0, "a slab released with blocks in use");
  {
    const os::LockGuard guard{lock_};
    all_.remove(slab);
  }
  give_units(slab);
}

// Under the lock, which it gives up: the page heap has its own. No abandoned slab any more before it does:
// others may be about to settle it.
void CentralPool::drop(Slab& slab) noexcept {
  slab.owner.store(nullptr, std::memory_order_relaxed);
  all_.remove(slab);
  lock_.unlock();
  give_units(slab);
}

void* CentralPool::allocate_large(std::size_t bytes, bool* zeroed) noexcept {
  const Units units = units_for(bytes);
  const UnitRun run = take_units(units, here());
  if (run.head == nullptr) return nullptr;
  if (zeroed != nullptr) *zeroed = run.clean;
  const os::LockGuard guard{lock_};
  run.head->open_large(this, bytes_of(units), run.start, units);
  all_.push_back(*run.head);
  return run.start;
}

void CentralPool::deallocate_large(Slab& block) noexcept {
  {
    const os::LockGuard guard{lock_};
    all_.remove(block);
  }
  give_units(block);
}

bool CentralPool::fence_large(const Slab& block) noexcept { return pages_.fence(block.start, block.units); }

bool CentralPool::unfence_large(const Slab& block) noexcept {
  return pages_.unfence(block.start, block.units);
}

void CentralPool::lose_large(Slab& block) noexcept {
  budget_.uncharge(bytes_of(block.units));
  const os::LockGuard guard{lock_};
  all_.remove(block);
}

bool CentralPool::extend_large(Slab& block, std::size_t bytes) noexcept {
  const Units wanted = units_for(bytes);
  const std::size_t more = bytes_of(wanted) - bytes_of(block.units);
  if (!charge(more)) return false;
  if (!pages_.extend(block.start, block.units, wanted)) {
    refuse(more);
    return false;
  }
  const os::LockGuard guard{lock_};
  block.units = wanted;
  block.block_bytes = static_cast<std::uint32_t>(bytes_of(wanted));
  return true;
}

UnitRun CentralPool::take_units(Units units, Place here) noexcept {
  if (!charge(bytes_of(units))) return {};
  if (tracks_states_ && !pages_.use_states()) {
    refuse(bytes_of(units));
    return {};
  }
  UnitRun run = pages_.allocate(units, here);
  if (run.head == nullptr && huge_.purge_all() != 0) run = pages_.allocate(units, here);
  if (run.head == nullptr) {
    refuse(bytes_of(units));
    return run;
  }
  // Also for a heap without states: its slabs may return units whose pages were purged while they lived, as
  // clean.
  if (pages_.space().has_states()) pages_.space().forget_states(run.start, bytes_of(units), run.clean);
  granted_.store(run.place.pages(), std::memory_order_relaxed);
  return run;
}

void CentralPool::give_units(Slab& head) noexcept {
  const Units units = head.units;
  // With states, also where pages were purged while the slab lived: its states were not.
  const bool touched = tracks_states_ || head.kind == UnitKind::large || !head.clean || head.frontier != 0;
  std::byte* const start = head.start;
  head.close();
  pages_.deallocate(start, units, touched);
  budget_.uncharge(bytes_of(units));
  if (touched) after_free_();
}

void* CentralPool::allocate_huge(std::size_t bytes, std::size_t alignment, bool* zeroed) noexcept {
  const std::size_t whole = align_up(bytes, os::page_bytes());
  if (whole < bytes || !charge(whole)) return nullptr;
  HugeBlocks::Allocation got = huge_.allocate(*this, whole, alignment, here());
  if (got.block.start == nullptr && pages_.release_free() != 0)
    got = huge_.allocate(*this, whole, alignment, here());
  if (got.block.start == nullptr) {
    refuse(whole);
    return nullptr;
  }
  if (!charge_surplus(got.block, whole)) return nullptr;
  if (zeroed != nullptr) *zeroed = got.zeroed;
  return got.block.start;
}

// A kept mapping, or one in larger pages, may have up to an eighth more than was asked for.
bool CentralPool::charge_surplus(const HugeBlock& block, std::size_t charged) noexcept {
  if (budget_.charge_unreported(block.bytes - charged)) return true;
  t_last_failure = AllocError::limit_reached;
  huge_.recycle(huge_.remove(block.start));
  budget_.uncharge(charged);
  return false;
}

bool CentralPool::deallocate_huge(void* start) noexcept {
  if (huge_.find(start).holder != this) return false;
  const HugeBlock block = huge_.remove(start);
  if (block.start == nullptr) return false;
  if (keeps_freed_bytes_) {
    huge_.fence(block);
  } else {
    huge_.recycle(block);
  }
  budget_.uncharge(block.bytes);
  after_free_();
  return true;
}

void* CentralPool::resize_huge(void* start, std::size_t bytes) noexcept {
  const HugeBlock before = huge_.find(start);
  if (before.holder != this) return nullptr;
  const std::size_t whole = align_up(bytes, os::page_bytes());
  const std::size_t more = whole > before.bytes ? whole - before.bytes : 0;
  if (whole < bytes || !charge(more)) return nullptr;
  HugeBlock after = huge_.resize(before, whole);
  if (after.start == nullptr && huge_.purge_all() + pages_.release_free() != 0)
    after = huge_.resize(before, whole);
  if (after.start == nullptr) {
    refuse(more);
    return nullptr;
  }
  budget_.uncharge(before.bytes + more - after.bytes);
  return after.start;
}

bool CentralPool::owns_large(const void* address) noexcept {
  bool inside = huge_.find_containing(*this, address).start != nullptr;
  if (inside || pages_.space().descriptor_of(address) == nullptr) return inside;
  for_each([&](const Slab& slab) {
    inside = inside || (slab.kind == UnitKind::large &&
                        address_of(address) - address_of(slab.start) < slab.block_bytes);
  });
  return inside;
}

void CentralPool::disown_all() noexcept {
  const os::LockGuard guard{lock_};
  for (Slab* slab = all_.front(); slab != nullptr; slab = AllList::next_of(*slab)) {
    if (slab->owner.load(std::memory_order_relaxed) != &g_abandoned)
      slab->owner.store(nullptr, std::memory_order_relaxed);
  }
}

void CentralPool::release_all() noexcept {
  for (;;) {
    Slab* slab = nullptr;
    {
      const os::LockGuard guard{lock_};
      slab = all_.pop_front();
      if (slab != nullptr && slab->owner.load(std::memory_order_relaxed) == &g_abandoned)
        abandoned_.remove(*slab);
    }
    if (slab == nullptr) break;
    give_units(*slab);
  }
  budget_.uncharge(huge_.release_all(*this));
}

bool CentralPool::charge(std::size_t bytes) noexcept {
  if (budget_.charge(bytes)) [[likely]] {
    keep_headroom();
    return true;
  }
  t_last_failure = AllocError::limit_reached;
  return false;
}

// Of heaps and slab allocators: what other pools have committed may never be touched.
void CentralPool::keep_headroom() noexcept {
  const std::size_t used = pages_.used_bytes() + huge_.used_bytes();
  if (!headroom::is_scarce(used, pages_.dirty_bytes() + huge_.kept_bytes())) return;
  huge_.purge_all();
  pages_.purge_all();
}

// The system has nothing for what was charged.
void CentralPool::refuse(std::size_t charged) noexcept {
  budget_.uncharge(charged);
  t_last_failure = AllocError::out_of_memory;
}

std::size_t CentralPool::charge_for(std::size_t bytes) noexcept {
  if (bytes <= kSlabBlockMax) return bytes_of(slab_units(size_class_of(bytes)));
  return is_mapped(bytes) ? align_up(bytes, os::page_bytes()) : bytes_of(units_for(bytes));
}

// In units, a block of 100,000 bytes wastes a quarter of them, and each unit needs its states.
bool CentralPool::is_mapped(std::size_t bytes) noexcept {
  return bytes > kLargeBlockMax || (bytes > kSlabBlockMax && user_limit::is_tight());
}

}  // namespace cenote

namespace cenote::headroom {
namespace {

// So little is dirty that giving it back is not worth the calls; so little is held that no limit is near. A
// program that starts must not read files.
constexpr std::size_t kDirtyMin = std::size_t{1} << 20, kHeldMin = std::size_t{16} << 20;

constinit std::atomic<std::size_t> g_limit{0};  // 0: not asked yet; SIZE_MAX: the system does not say

std::size_t limit() noexcept {
  std::size_t bytes = g_limit.load(std::memory_order_relaxed);
  if (bytes == 0) [[unlikely]] {
    bytes = os::memory_limit();
    if (bytes == 0) bytes = SIZE_MAX;
    g_limit.store(bytes, std::memory_order_relaxed);
  }
  return bytes;
}

}  // namespace

bool is_scarce(std::size_t held, std::size_t dirty) noexcept {
  if (dirty < kDirtyMin || held + dirty < kHeldMin) return false;
  const std::size_t most = limit();
  return held + dirty > most - most / 8;
}

void assume_limit(std::size_t bytes) noexcept { g_limit.store(bytes, std::memory_order_relaxed); }

}  // namespace cenote::headroom
