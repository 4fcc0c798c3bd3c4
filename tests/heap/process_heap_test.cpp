/// The process's heap, which is never destroyed.
#include <utility>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

namespace cenote {
namespace {

TEST(ProcessHeapDeathTest, CannotBeMovedFrom) {
  EXPECT_DEATH(static_cast<void>(Heap{std::move(Heap::process())}), "cannot be moved from");
  Heap heap;
  EXPECT_DEATH(heap = std::move(Heap::process()), "cannot be moved from");
}

}  // namespace
}  // namespace cenote
