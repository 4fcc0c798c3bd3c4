#include <atomic>
#include <cstdint>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

// Helpers serve one call at a time: a thread of its own is given no argument, so the work lies here.
constinit std::atomic<bool> g_busy{false};
constinit Work* g_work = nullptr;                   // while g_busy; written before the helpers start
constinit std::atomic<std::uint32_t> g_at_work{0};  // helpers that have not returned yet

void help() noexcept {
  g_work->prepare();
  g_work->run();
  g_at_work.fetch_sub(1, std::memory_order_release);
  wake_one(g_at_work);  // touches no memory of the work's: the caller may have gone on
}

void start_helpers(unsigned helpers) noexcept {
  for (; helpers != 0; --helpers) {
    g_at_work.fetch_add(1, std::memory_order_relaxed);
    if (start_background_thread(&help, "cenote-help")) continue;
    g_at_work.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
}

void await_helpers() noexcept {
  while (const std::uint32_t left = g_at_work.load(std::memory_order_acquire)) wait_while(g_at_work, left);
}

}  // namespace

void run_together(Work& work, unsigned helpers) noexcept {
  bool busy = false;
  if (helpers == 0 || !g_busy.compare_exchange_strong(busy, true, std::memory_order_acquire))
    return work.run();
  g_work = &work;
  start_helpers(helpers);
  work.run();
  await_helpers();
  g_work = nullptr;
  g_busy.store(false, std::memory_order_release);
}

}  // namespace cenote::os
