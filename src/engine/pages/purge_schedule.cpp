#include "engine/pages/purge_schedule.hpp"

#include <atomic>
#include <cstddef>

#include <cenote/detail/system.hpp>

#include "engine/pages/backing.hpp"
#include "engine/pages/scavenger_switch.hpp"
#include "os/thread.hpp"

namespace cenote::purge_schedule {
namespace {

// Long enough for a program to take up again what it has just freed, short enough for a neighbour to notice
// the difference.
constinit std::atomic<std::uint32_t> g_period{100};
constinit std::atomic<std::uint64_t> g_last_tick{0};
constinit std::atomic<const Sweeper*> g_sweeper{nullptr};

constinit std::atomic<bool> g_scavenger_allowed{false};
constinit ScavengerSwitch g_scavenger{};
constinit std::atomic<int> g_pauses{0};
constinit std::atomic<int> g_hastes{0};
constinit std::atomic<std::uint32_t> g_never{0};  // the scavenger sleeps on it: no one wakes it but time

// Memory goes back two ticks after it was freed: when nothing has changed for longer, nothing will.
constexpr int kIdlePeriods = 4;

std::uint32_t period() noexcept {
  const std::uint32_t usual = g_period.load(std::memory_order_relaxed);
  return g_hastes.load(std::memory_order_relaxed) == 0 ? usual : usual / 10;
}

bool tick_is_due() noexcept {
  const std::uint64_t now = os::coarse_milliseconds();
  std::uint64_t last = g_last_tick.load(std::memory_order_relaxed);
  if (now - last < period()) return false;
  return g_last_tick.compare_exchange_strong(last, now, std::memory_order_relaxed);
}

// What falls free within a tick is no reason for another, nor for a scavenger: its start allocates, and the
// sweeper holds locks.
class Quiet {
 public:
  Quiet() noexcept { g_pauses.fetch_add(1, std::memory_order_relaxed); }
  ~Quiet() { g_pauses.fetch_sub(1, std::memory_order_relaxed); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

void drain() noexcept {
  const Quiet quiet;
  if (const Sweeper* const sweeper = g_sweeper.load(std::memory_order_acquire)) sweeper->drain();
}

// What is dirty may be stuck: in huge pages of which parts are in use, or because the system wants to keep
// it.
std::size_t purge_until_idle() noexcept {
  std::size_t before = 0;
  for (int idle = 0; idle < kIdlePeriods; ++idle) {
    os::wait_while(g_never, 0, period());
    if (tick_is_due()) tick();
    drain();
    const std::size_t dirty = g_backing.purgeable_bytes();
    if (dirty != before) idle = 0;
    before = dirty;
    if (dirty <= ScavengerSwitch::kRestBytes) break;
  }
  return before;
}

std::size_t purgeable() noexcept { return g_backing.purgeable_bytes(); }

void scavenge() noexcept {
  while (!g_scavenger.turn_off(&purgeable, purge_until_idle())) {
  }
}

}  // namespace

void set_period(std::uint32_t milliseconds) noexcept {
  g_period.store(milliseconds, std::memory_order_relaxed);
}

void set_sweeper(const Sweeper& sweeper) noexcept { g_sweeper.store(&sweeper, std::memory_order_release); }

void allow_scavenger(bool allowed) noexcept { g_scavenger_allowed.store(allowed, std::memory_order_relaxed); }

Pause::Pause() noexcept { g_pauses.fetch_add(1, std::memory_order_relaxed); }

// Others may have freed much meanwhile, behind the purge.
Pause::~Pause() {
  g_pauses.fetch_sub(1, std::memory_order_relaxed);
  after_free();
}

Haste::Haste() noexcept { g_hastes.fetch_add(1, std::memory_order_relaxed); }
Haste::~Haste() {
  if (!is_forgotten_) g_hastes.fetch_sub(1, std::memory_order_relaxed);
}

void tick(std::size_t bytes_max) noexcept {
  const Quiet quiet;
  if (const Sweeper* const sweeper = g_sweeper.load(std::memory_order_acquire)) sweeper->tick();
  g_backing.purge_cold(bytes_max);
}

void after_free() noexcept {
  if (g_pauses.load(std::memory_order_relaxed) != 0) return;
  if (tick_is_due()) tick(kPurgedPerCall);
  if (!g_scavenger_allowed.load(std::memory_order_relaxed) || !g_scavenger.turn_on(&purgeable)) return;
  if (!os::start_background_thread(&scavenge, "cenote-scavenge")) g_scavenger.clear();
}

void after_fork_in_child() noexcept {
  g_scavenger.clear();
  g_pauses.store(0, std::memory_order_relaxed);  // another thread's
  g_hastes.store(0, std::memory_order_relaxed);
}

}  // namespace cenote::purge_schedule
