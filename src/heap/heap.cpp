#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/heap.hpp>
#include <cenote/memory_source.hpp>

#include "base/damage.hpp"
#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "heap/block_service.hpp"
#include "heap/hardening.hpp"
#include "heap/heap_fast_path.hpp"
#include "heap/passed_blocks.hpp"
#include "heap/registry.hpp"
#include "heap/sampler.hpp"
#include "heap/threads.hpp"
#include "pool_support/pass_through.hpp"

namespace cenote {
namespace {

using block_service::Found;

AllocError check_request(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return AllocError::zero_size;
  if (!is_power_of_two(alignment) || alignment > kHeapAlignmentMax) return AllocError::bad_alignment;
  if (size > PTRDIFF_MAX) return AllocError::too_large;
  return AllocError{};
}

/// The calling thread's lists for a heap: its own, or lent for this call when the thread is past its end.
class Lists {
 public:
  explicit Lists(HeapCore& core) noexcept : lists_{thread_state::lists_for(core)} {
    if (lists_ == nullptr && thread_state::has_ended()) lists_ = visit_.emplace(core).lists();
  }
  HotLists* get() const noexcept { return lists_; }

 private:
  std::optional<thread_state::Visit> visit_;
  HotLists* lists_;
};

Result<void*> hand_out(HeapCore& core, void* block, bool aligned = false) noexcept {
  if (block == nullptr) return CentralPool::last_failure();
  if (core.hardening != Hardening::trusting &&
      core.central_pool.pages().space().used_descriptor_of(block) != nullptr) {
    hardening::on_allocate(core, block, aligned);
  }
  return block;
}

/// What is wrong with freeing or resizing `block`; AllocError{} when nothing is.
AllocError check_block(const HeapCore& core, const void* block, const Found& found) noexcept {
  if (found.error != AllocError{}) return hardening::explain_unknown(core, block);
  return hardening::check_live(core, block, found);
}

struct BadOption {
  const char* name;
  const char* problem;
};

/// Null name: all are sound.
BadOption check_options(const HeapOptions& options) noexcept {
  const bool known = options.hardening == Hardening::trusting || options.hardening == Hardening::checked ||
                     options.hardening == Hardening::full;
  if (!known) return {"hardening", "is none of trusting, checked, full"};
  if (!os::has_memory(options.numa_node)) return {"numa_node", os::kNoSuchNode};
  return {};
}

void report(const HeapCore& core, hardening::Wrong wrong, const void* block) noexcept {
  report_damage({wrong.error, block, core.name}, wrong.damage);
}

/// Takes a block back that no fast path has taken.
hardening::Wrong take_back(HeapCore& core, void* block) noexcept {
  if (block == nullptr) return {};
  if (core.passed != nullptr) [[unlikely]]
    return {passed_blocks::deallocate(core, block).error()};
  const Found found = block_service::find(core, block);
  AllocError error = check_block(core, block, found);
  if (error == AllocError{} && core.hardening == Hardening::full)
    return hardening::deallocate(core, block, found);
  if (error == AllocError{} && core.hardening == Hardening::checked)
    error = hardening::on_deallocate(core, block, found);
  if (error == AllocError{})
    error = block_service::deallocate(core, thread_state::lists_for(core), block, found);
  return {error};
}

/// Whether a live block was allocated with that size, as far as the heap knows.
bool has_size(const HeapCore& core, const void* block, const Found& found, std::size_t size) noexcept {
  if (core.hardening == Hardening::full) {
    const Result<std::size_t> requested = hardening::requested_bytes(core, block, found);
    return !requested || *requested == size;  // a damaged canary is reported as such
  }
  return block_service::size_matches(found, size, !hardening::has_default_alignment(core, block, found));
}

}  // namespace

Result<Heap> Heap::create(const HeapOptions& options) noexcept {
  Result<Heap> heap = create_own(options);
  if (!heap || !passes_through(options.pass_through)) return heap;
  heap->core_->passed = MallocBlocks::create(os::g_system_memory, heap->core_->central_pool.budget());
  if (heap->core_->passed == nullptr) return AllocError::out_of_memory;
  return heap;
}

Result<Heap> Heap::create_own(const HeapOptions& options) noexcept {
  if (check_options(options).name != nullptr) return AllocError::bad_option;
  HeapCore* const core = registry::create_heap(options);
  if (core == nullptr) return AllocError::out_of_memory;
  return Heap{OwnedCore{core}};
}

Heap::Heap(const HeapOptions& options) : Heap{open_or_throw(options)} {}

Heap Heap::open_or_throw(const HeapOptions& options) {
  if (const BadOption bad = check_options(options); bad.name != nullptr)
    throw AllocFailure{bad.name, bad.problem};
  return create(options).value();
}

void Heap::close(HeapCore* core) noexcept {
  if (core == &registry::g_process_core) return;
  if (core->hardening == Hardening::full) hardening::end_quarantine(*core);
  registry::destroy_heap(*core);
}

// A Heap is one pointer to its core. This one is accessed through such a pointer: a static Heap would have a
// destructor, and nothing here is torn down, and GCC registers a destructor at run time even when it does
// nothing. The language knows no Heap there, but a standard-layout class and its only member share an
// address, and all functions of this class are compiled here or read nothing but that member.
Heap& Heap::process() noexcept {
  static constinit HeapCore* core = &registry::g_process_core;
  static_assert(std::is_standard_layout_v<Heap> && sizeof(Heap) == sizeof core);
  return *reinterpret_cast<Heap*>(&core);
}

Heap::OwnedCore& Heap::movable_core() noexcept {
  CENOTE_CHECK(core_.get() != &registry::g_process_core, "the process's heap cannot be moved from");
  return core_;
}

const void* Heap::holder() const noexcept { return static_cast<const SlabHolder*>(&core_->central_pool); }

Result<void*> Heap::try_allocate(std::size_t size, std::size_t alignment) noexcept {
  if (size - 1 < kSlabBlockMax && alignment <= kBlockAlignment && is_power_of_two(alignment)) [[likely]] {
    if (void* const block = heap_fast_path::allocate(*core_, size)) return block;
  }
  if (const AllocError error = check_request(size, alignment); error != AllocError{}) return error;
  if (core_->passed != nullptr) [[unlikely]]
    return passed_blocks::allocate(*core_, size, alignment);
  const Lists lists{*core_};
  if (lists.get() == nullptr) return AllocError::out_of_memory;
  if (core_->hardening == Hardening::full) return hardening::allocate(*core_, *lists.get(), size, alignment);
  void* const block = block_service::allocate(*core_, *lists.get(), size, alignment);
  return hand_out(*core_, block, alignment > kBlockAlignment);
}

void* Heap::allocate(std::size_t size, std::size_t alignment) {
  return try_allocate(size, alignment).value();
}

Result<void*> Heap::try_allocate_zeroed(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return AllocError::too_large;
  if (const AllocError error = check_request(bytes, kBlockAlignment); error != AllocError{}) return error;
  if (core_->passed != nullptr) [[unlikely]]
    return passed_blocks::allocate_zeroed(*core_, bytes);
  const Lists lists{*core_};
  if (lists.get() == nullptr) return AllocError::out_of_memory;
  if (core_->hardening == Hardening::full)
    return hardening::allocate(*core_, *lists.get(), bytes, kBlockAlignment);
  return hand_out(*core_, block_service::allocate_zeroed(*core_, *lists.get(), bytes));
}

Result<void*> Heap::try_reallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return try_allocate(size);
  if (const AllocError error = check_request(size, kBlockAlignment); error != AllocError{}) return error;
  if (core_->passed != nullptr) [[unlikely]]
    return passed_blocks::reallocate(*core_, block, size);
  const Found found = block_service::find(*core_, block);
  if (const AllocError error = check_block(*core_, block, found); error != AllocError{}) return error;
  const bool is_full = core_->hardening == Hardening::full;
  const Result<std::size_t> old_size =
      is_full ? hardening::requested_bytes(*core_, block, found) : Result<std::size_t>{found.bytes};
  if (!old_size) return old_size.error();
  void* const same = is_full ? hardening::resize(*core_, block, found, *old_size, size)
                             : block_service::resize(*core_, block, found, size);
  if (same != nullptr) return same;
  const Result<void*> fresh = try_allocate(size);
  if (!fresh) return fresh;
  std::memcpy(*fresh, block, std::min(size, *old_size));
  deallocate(block);
  return fresh;
}

void* Heap::reallocate(void* block, std::size_t size) { return try_reallocate(block, size).value(); }

Result<void> Heap::try_deallocate(void* block) noexcept {
  if (heap_fast_path::deallocate(*core_, block) || heap_fast_path::deallocate_remote(*core_, block))
      [[likely]]
    return {};
  const hardening::Wrong wrong = take_back(*core_, block);
  return wrong ? Result<void>{wrong.error} : Result<void>{};
}

void Heap::deallocate(void* block) noexcept {
  if (heap_fast_path::deallocate(*core_, block)) [[likely]]
    return;
  if (heap_fast_path::deallocate_remote(*core_, block)) return;
  if (const hardening::Wrong wrong = take_back(*core_, block)) report(*core_, wrong, block);
}

void Heap::deallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return;
  const Found found = block_service::find(*core_, block);
  AllocError error = check_block(*core_, block, found);
  if (error == AllocError{} && !has_size(*core_, block, found, size)) error = AllocError::size_mismatch;
  if (error != AllocError{}) {
    if (core_->passed != nullptr) error = passed_blocks::deallocate(*core_, block, size).error();
    if (error != AllocError{}) report(*core_, {error}, block);
    return;
  }
  deallocate(block);
}

void Heap::deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
  if (block == nullptr) return;
  if (is_power_of_two(alignment) && is_aligned(block, alignment)) return deallocate(block, size);
  const AllocError error =
      try_usable_size(block) ? AllocError::size_mismatch : try_usable_size(block).error();
  report(*core_, {error}, block);
}

Result<SizedAllocation> Heap::try_allocate_at_least(std::size_t size, std::size_t alignment) noexcept {
  const Result<void*> block = try_allocate(size, alignment);
  if (!block) return block.error();
  return SizedAllocation{*block, usable_size(*block)};
}

Result<std::size_t> Heap::try_usable_size(const void* block) const noexcept {
  if (block == nullptr) return AllocError::foreign_block;
  const Found found = block_service::find(*core_, block);
  if (const AllocError error = check_block(*core_, block, found); error != AllocError{}) [[unlikely]] {
    if (core_->passed != nullptr) return passed_blocks::usable_size(*core_, block);
    return error;
  }
  if (core_->hardening == Hardening::full) return hardening::requested_bytes(*core_, block, found);
  return found.bytes;
}

std::size_t Heap::usable_size(const void* block) const noexcept {
  return try_usable_size(block).value_or(0U);
}

bool Heap::owns(const void* address) const noexcept {
  if (core_->passed != nullptr) [[unlikely]]
    return core_->passed->owns(address);
  const void* const granule = static_cast<const std::byte*>(address) - address_of(address) % kBlockAlignment;
  if (block_service::find(*core_, granule).error == AllocError{}) return true;
  return core_->central_pool.owns_large(address);
}

std::size_t Heap::trim() noexcept {
  const purge_schedule::Pause pause;
  block_service::drain_quarantine(*core_);
  std::size_t bytes = 0;
  if (HotLists* const hot = thread_state::lists_for(*core_)) bytes += hot->cache->settle();
  bytes += sampler::settle(*core_);
  bytes += registry::purge_abandoned(AbandonedSlabs::Age::any);
  return bytes + g_backing.purge_all();
}

void Heap::reveal_all(const annotate::Marks& marks) const noexcept {
  core_->central_pool.for_each([&](const Slab& slab) { marks.reveal(slab.start, bytes_of(slab.units)); });
  core_->central_pool.huge().for_each(core_->central_pool,
                                      [&](const HugeBlock& huge) { marks.reveal(huge.start, huge.bytes); });
}

void Heap::set_limit(std::size_t bytes) noexcept { set_limit(bytes, core_->central_pool.budget().action()); }
void Heap::set_limit(std::size_t bytes, LimitAction action) noexcept {
  core_->central_pool.budget().set_limit(bytes, action);
}

HeapStats Heap::stats() const {
  const Budget& budget = core_->central_pool.budget();
  HeapStats stats{.name = core_->name, .bytes_held = budget.held(), .limit_bytes = budget.limit()};
  core_->central_pool.for_each(
      [&](const Slab& slab) { ++(slab.kind == UnitKind::slab ? stats.slabs : stats.large_blocks); });
  stats.huge_blocks = core_->central_pool.huge().count(core_->central_pool);
  if (core_->passed != nullptr) {
    stats.large_blocks = core_->passed->count();
  }
  stats.thread_caches = registry::cache_count(*core_);
  stats.pages = core_->central_pool.pages_granted();
  stats.bytes_reserved = g_backing.pages.space().reserved_bytes();
  stats.bytes_committed = g_backing.pages.committed_bytes();
  stats.bytes_dirty = g_backing.pages.dirty_bytes();
  stats.bytes_kept = g_backing.huge.kept_bytes();
  return stats;
}

}  // namespace cenote
