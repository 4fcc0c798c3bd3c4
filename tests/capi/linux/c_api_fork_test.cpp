/// The C API in the child of a fork, while other threads of the parent are inside its calls.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.h>

#include "support/in_child.hpp"

namespace cenote::test {
namespace {

void ignore(const cenote_misuse*, void*) {}

bool create_and_destroy() {
  const cenote_arena_options arena_options = CENOTE_ARENA_OPTIONS;
  const cenote_heap_options heap_options = CENOTE_HEAP_OPTIONS;
  cenote_arena* arena = nullptr;
  cenote_heap* heap = nullptr;
  cenote_set_misuse_handler(&ignore, nullptr);
  const bool created = cenote_arena_create(&arena_options, &arena) == CENOTE_OK &&
                       cenote_heap_create(&heap_options, &heap) == CENOTE_OK;
  cenote_heap_destroy(heap);
  cenote_arena_destroy(arena);
  return created && cenote_stats_json(nullptr, 0) != 0;
}

class CApiFork : public ForkAmidThreads {};

TEST_F(CApiFork, ChildCreatesDestroysAndReadsStatistics) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {  // the lock is held most of the time
    others.emplace_back([&] {
      while (!stop) cenote_set_misuse_handler(&ignore, nullptr);
    });
  }
  others.emplace_back([&] {
    while (!stop) create_and_destroy();
  });
  int result = 0;
  for (int i = 0; i < 100 && result == 0; ++i)
    result = in_child([] { return create_and_destroy() ? 0 : 1; }, 20);
  stop = true;
  for (std::thread& other : others) other.join();
  cenote_set_misuse_handler(nullptr, nullptr);
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace cenote::test
