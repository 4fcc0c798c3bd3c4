#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.h>
#include <cenote/heap.hpp>

#include "support/aborts.hpp"

namespace cenote::test {
namespace {

TEST(CObjects, AreReusedAfterDestroy) {
  const cenote_arena_options options = CENOTE_ARENA_OPTIONS;
  std::vector<cenote_arena*> arenas(1000);
  for (cenote_arena*& arena : arenas) ASSERT_EQ(cenote_arena_create(&options, &arena), CENOTE_OK);
  cenote_arena* const last = arenas.back();
  for (cenote_arena* const arena : arenas) cenote_arena_destroy(arena);
  cenote_arena* again = nullptr;
  ASSERT_EQ(cenote_arena_create(&options, &again), CENOTE_OK);
  EXPECT_EQ(again, last);
  cenote_arena_destroy(again);
}

TEST(CObjects, ProcessHeapIsThatOfCxx) {
  void* block = nullptr;
  ASSERT_EQ(cenote_heap_allocate(cenote_heap_process(), 100, &block), CENOTE_OK);
  EXPECT_TRUE(Heap::process().owns(block));
  Heap::process().deallocate(block);
}

TEST(CObjects, NullHandleNamesTheFunctionAndAborts) {
  EXPECT_EXIT(cenote_heap_trim(nullptr), by_abort(), "cenote: cenote_heap_trim: heap is null");
  EXPECT_EXIT(cenote_pool_deallocate(nullptr, nullptr), by_abort(), "cenote_pool_deallocate: pool is null");
  EXPECT_EXIT(cenote_arena_reset(nullptr), by_abort(), "cenote_arena_reset: arena is null");
}

}  // namespace
}  // namespace cenote::test
