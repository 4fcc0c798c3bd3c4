#include "malloc/process_malloc.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>
#include <cenote/heap.hpp>
#include <cenote/limits.hpp>

#include "base/damage.hpp"
#include "base/print_error.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "heap/block_service.hpp"
#include "heap/registry.hpp"
#include "heap/sampler.hpp"
#include "malloc/options.hpp"
#include "os/memory_pressure.hpp"
#include "os/process.hpp"
#include "pool_support/named_budgets.hpp"
#include "stats/size_histogram.hpp"

namespace cenote::process_malloc {
namespace {

enum class Mode : std::uint8_t {
  starting,  // the environment cannot be read yet: served like observed
  direct,
  observed
};

constinit std::atomic<Mode> g_mode{Mode::starting};
constinit stats::SizeHistogram* g_histogram = nullptr;  // written before g_mode leaves `starting`
constinit shim::Options g_options{};                    // likewise
constinit os::Lock g_start_lock{os::LockRank::registry};
constinit os::ForkHold g_start_fork_hold{g_start_lock};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_start_fork_hold.enlist(); }

constinit HeapCore& g_core = registry::g_process_core;

stats::SizeHistogram* map_histogram(const char* directory) noexcept {
  void* const memory = os::map_shared_file(directory, "sizes", sizeof(stats::SizeHistogram));
  if (memory == nullptr) return nullptr;
  auto* const histogram = std::construct_at(static_cast<stats::SizeHistogram*>(memory));
  histogram->magic = stats::SizeHistogram::kMagic;
  return histogram;
}

void limit_process(const shim::LimitOption& limit, LimitAction action) noexcept {
  std::uint64_t bytes = limit.bytes;
  if (limit.percent != 0) {
    const std::uint64_t whole = os::memory_limit();
    bytes = whole / 100 * limit.percent + whole % 100 * limit.percent / 100;
    if (bytes == 0)
      print_error("cenote: CENOTE_OPTIONS: limit ignored: the system does not say how much there is\n");
  }
  if (bytes != 0) set_process_limit(saturated_size(bytes), action);
}

/// False when another thread has done it.
bool start() noexcept {
  const os::LockGuard guard{g_start_lock};
  if (g_mode.load(std::memory_order_relaxed) != Mode::starting) return false;
  const shim::Options& options = g_options;
  shim::parse_options(os::environment("CENOTE_OPTIONS"), g_options);
  purge_schedule::set_period(options.purge_delay_ms);
  purge_schedule::allow_scavenger(options.scavenger);
  if (options.record_sizes[0] != '\0') g_histogram = map_histogram(options.record_sizes);
  if (options.hardening == Hardening::full) g_core.canary_key = os::random_bits();
  g_core.hardening = options.hardening;
  g_core.central_pool.wish({options.pages});
  g_core.central_pool.track_states(options.hardening != Hardening::trusting);
  g_core.central_pool.keep_freed_bytes(options.hardening == Hardening::full);
  profiling::start(options);
  const bool observed = options.hardening != Hardening::trusting || g_histogram != nullptr;
  g_mode.store(observed ? Mode::observed : Mode::direct, std::memory_order_release);
  return true;
}

// Without the lock: what lists the limits may allocate.
void set_limits() noexcept {
  limit_process(g_options.limit, g_options.limit_action);
  named_budgets::set_wished_limit("malloc");
}

Mode mode() noexcept {
  const Mode now = g_mode.load(std::memory_order_acquire);
  if (now != Mode::starting || !os::environment_ready()) return now;
  if (start()) set_limits();
  return g_mode.load(std::memory_order_acquire);
}

void record(std::size_t bytes) noexcept {
  if (g_histogram != nullptr) g_histogram->count(bytes);
}

/// Calls `use(HotLists&)` with the calling thread's lists, or lent ones when it is past its end; null when
/// there are none.
template <class Use>
void* with_lists(Use use) noexcept {
  if (t_hot.cache != &g_absent_cache || thread_state::bind_process_heap()) return use(t_hot);
  if (!thread_state::has_ended()) return nullptr;
  thread_state::Visit visit{g_core};
  return visit.lists() == nullptr ? nullptr : use(*visit.lists());
}

HotLists* lists_or_null() noexcept {
  const bool bound = t_hot.cache != &g_absent_cache || thread_state::bind_process_heap();
  return bound ? &t_hot : nullptr;
}

void report_unknown(const void* block) noexcept {
  report_misuse({AllocError::foreign_block, block, "malloc"});
}

// A block that has grown or shrunk by less than half stays where it is.
bool fits_in_place(const block_service::Found& found, std::size_t bytes) noexcept {
  return bytes <= found.bytes && bytes >= found.bytes / 2;
}

void* reallocate_directly(void* block, std::size_t bytes) noexcept {
  const block_service::Found found = block_service::find(g_core, block);
  if (found.error != AllocError{}) {
    report_unknown(block);
    return nullptr;
  }
  if (found.slab != nullptr && fits_in_place(found, bytes))
    return block_service::keep(g_core, block, found, bytes);
  if (void* const same = block_service::resize(g_core, block, found, bytes)) return same;
  void* const fresh = allocate(bytes);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, block, std::min(bytes, found.bytes));
  deallocate(block);
  return fresh;
}

}  // namespace

void* allocate_slow(std::size_t bytes) noexcept {
  if (bytes <= kSlabBlockMax && t_hot.cache != &g_absent_cache) [[likely]] {
    if (void* const block = t_hot.cache->refill(size_class_of(bytes))) return block;
  }
  if (mode() == Mode::direct) {
    return with_lists(
        [&](HotLists& hot) { return block_service::allocate(g_core, hot, bytes, kBlockAlignment); });
  }
  record(bytes);
  return Heap::process().try_allocate(std::max<std::size_t>(bytes, 1)).value_or(nullptr);
}

void deallocate_slow(void* block) noexcept {
  if (block == nullptr) return;
  if (mode() != Mode::direct) return Heap::process().deallocate(block);
  if (t_hot.cache != &g_absent_cache && block_service::deallocate_remote(g_core, *t_hot.cache, block)) return;
  const block_service::Found found = block_service::find(g_core, block);
  if (found.error != AllocError{} ||
      block_service::deallocate(g_core, lists_or_null(), block, found) != AllocError{}) {
    report_unknown(block);
  }
}

void deallocate_slow(void* block, std::size_t bytes) noexcept {
  if (mode() == Mode::direct || g_core.hardening != Hardening::full) return deallocate_slow(block);
  Heap::process().deallocate(block, std::max<std::size_t>(bytes, 1));
}

void* allocate_aligned(std::size_t bytes, std::size_t alignment) noexcept {
  bytes = std::max<std::size_t>(bytes, 1);
  if (mode() == Mode::direct) [[likely]] {
    return with_lists([&](HotLists& hot) { return block_service::allocate(g_core, hot, bytes, alignment); });
  }
  record(bytes);
  return Heap::process().try_allocate(bytes, alignment).value_or(nullptr);
}

void* allocate_zeroed_slow(std::size_t bytes) noexcept {
  if (mode() == Mode::direct) [[likely]] {
    return with_lists([&](HotLists& hot) { return block_service::allocate_zeroed(g_core, hot, bytes); });
  }
  record(bytes);
  return Heap::process().try_allocate_zeroed(1, std::max<std::size_t>(bytes, 1)).value_or(nullptr);
}

void* reallocate(void* block, std::size_t bytes) noexcept {
  if (mode() == Mode::direct) [[likely]]
    return reallocate_directly(block, bytes);
  record(bytes);
  const Result<void*> moved = Heap::process().try_reallocate(block, bytes);
  if (!moved && moved.error() >= AllocError::foreign_block) {
    const bool is_damaged = moved.error() == AllocError::size_mismatch;
    report_damage({moved.error(), block, "malloc"}, is_damaged ? kWritePastEnd : nullptr);
  }
  return moved.value_or(nullptr);
}

std::size_t usable_size(const void* block) noexcept {
  if (mode() != Mode::direct) return Heap::process().usable_size(block);
  return block == nullptr ? 0 : block_service::find(g_core, block).bytes;
}

std::size_t purge() noexcept {
  if (mode() != Mode::direct) return Heap::process().trim();
  const purge_schedule::Pause pause;
  std::size_t bytes = 0;
  if (t_hot.cache != &g_absent_cache) bytes += t_hot.cache->settle();
  bytes += sampler::settle(g_core);
  bytes += registry::purge_abandoned(AbandonedSlabs::Age::any);
  return bytes + g_backing.purge_all();
}

bool verbose() noexcept { return g_options.verbose; }

bool watches_pressure() noexcept {
  mode();  // nobody may have allocated yet
  return g_options.pressure;
}

}  // namespace cenote::process_malloc
