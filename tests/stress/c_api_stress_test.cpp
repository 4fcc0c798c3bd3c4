// Threads that set handlers of the C API while others make incorrect calls, and threads that create and
// destroy objects.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.h>

#include "stress/slots.hpp"

namespace cenote::test {
namespace {

struct User {
  cenote_misuse_handler handler;
  std::atomic<long> calls{0};
};
std::atomic<long> g_mixed{0};

void count(cenote_misuse_handler self, void* user) {
  auto* const its = static_cast<User*>(user);
  ++(its->handler == self ? its->calls : g_mixed);
}
void first_handler(const cenote_misuse*, void* user) { count(&first_handler, user); }
void second_handler(const cenote_misuse*, void* user) { count(&second_handler, user); }

TEST(CApiStress, AHandlerIsCalledWithTheUserPointerThatWasSetWithIt) {
  User users[] = {{&first_handler}, {&second_handler}};
  cenote_set_misuse_handler(users[0].handler, &users[0]);
  const Deadline deadline{kStressTime};
  std::vector<std::thread> threads;
  for (User& user : users) {
    threads.emplace_back([&] {
      while (!deadline.passed()) cenote_set_misuse_handler(user.handler, &user);
    });
    threads.emplace_back([&] {
      while (!deadline.passed()) cenote_pool_deallocate(nullptr, nullptr);
    });
  }
  for (std::thread& thread : threads) thread.join();
  cenote_set_misuse_handler(nullptr, nullptr);
  EXPECT_EQ(g_mixed, 0);
  EXPECT_GT(users[0].calls + users[1].calls, 0);
}

TEST(CApiStress, ObjectsAreCreatedAndDestroyedByManyThreads) {
  const Deadline deadline{kStressTime};
  std::atomic<long> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const cenote_heap_options heap_options = CENOTE_HEAP_OPTIONS;
      const cenote_arena_options arena_options = CENOTE_ARENA_OPTIONS;
      cenote_pool_options pool_options = CENOTE_POOL_OPTIONS;
      pool_options.block_size = 64;
      pool_options.capacity = 8;
      while (!deadline.passed()) {
        cenote_heap* heap = nullptr;
        cenote_pool* pool = nullptr;
        cenote_arena* arena = nullptr;
        void* block = nullptr;
        if (cenote_heap_create(&heap_options, &heap) != CENOTE_OK ||
            cenote_heap_allocate(heap, 100, &block) != CENOTE_OK)
          ++failed;
        if (cenote_pool_create(&pool_options, &pool) != CENOTE_OK ||
            cenote_pool_allocate(pool, &block) != CENOTE_OK)
          ++failed;
        cenote_pool_deallocate(pool, block);
        if (cenote_arena_create(&arena_options, &arena) != CENOTE_OK ||
            cenote_arena_allocate(arena, 100, &block) != CENOTE_OK)
          ++failed;
        cenote_arena_destroy(arena);
        cenote_pool_destroy(pool);
        cenote_heap_destroy(heap);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace cenote::test
