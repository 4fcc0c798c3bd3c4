#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "heap/block_service.hpp"
#include "heap/registry.hpp"
#include "heap/threads.hpp"
#include "support/in_child.hpp"

namespace cenote {
namespace {

HeapCore& core() { return registry::g_process_core; }

/// As the malloc replacement does.
void* allocate_as_malloc(std::size_t bytes) {
  if (t_hot.cache != &g_absent_cache || thread_state::bind_process_heap())
    return block_service::allocate(core(), t_hot, bytes, kBlockAlignment);
  if (!thread_state::has_ended()) return nullptr;
  thread_state::Visit visit{core()};
  return visit.lists() == nullptr ? nullptr
                                  : block_service::allocate(core(), *visit.lists(), bytes, kBlockAlignment);
}

std::atomic<bool> g_thread_ends{false};
std::atomic<void*> g_allocated_at_end{nullptr};

/// Called when the thread frees memory, as the start of the scavenger would be.
void allocate_once_at_end() noexcept {
  if (g_thread_ends.exchange(false)) g_allocated_at_end = allocate_as_malloc(16);
}
void nothing() noexcept {}

constexpr purge_schedule::Sweeper kAllocates{&allocate_once_at_end, &nothing};

int allocate_while_a_cache_is_detached() {
  purge_schedule::set_sweeper(kAllocates);
  purge_schedule::set_period(0);  // each call that frees memory ticks
  std::thread{[] {
    // Its slab is released by detach, after those of smaller classes.
    void* const large = allocate_as_malloc(kSlabBlockMax);
    static_cast<void>(block_service::deallocate(core(), &t_hot, large, block_service::find(core(), large)));
    g_thread_ends = true;
  }}.join();
  void* const small = g_allocated_at_end;
  if (small == nullptr) return 1;
  const block_service::Found found = block_service::find(core(), small);
  if (block_service::deallocate(core(), nullptr, small, found) != AllocError{}) return 2;
  return g_backing.pages.used_bytes() == 0 ? 0 : 3;
}

// In a child, since the process heap's memory would stay for the tests that follow.
TEST(ThreadExit, AnAllocationWhileTheCacheIsDetachedLosesNoSlab) {
  EXPECT_EQ(test::in_child(&allocate_while_a_cache_is_detached), 0);
}

}  // namespace
}  // namespace cenote
