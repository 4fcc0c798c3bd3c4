/// The child of a fork that met another thread in the middle of listing a slab for its owner.
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "support/in_child.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

class ReadyListFork : public ForkAmidThreads {};

void free_on_another_thread(Heap& heap, void* block) {
  std::thread{[&] { heap.deallocate(block); }}.join();
}

// The slab is the first of the list and not marked yet, and the block for which it was listed has been
// collected.
TEST_F(ReadyListFork, ASlabThatIsListedButNotMarkedIsNotListedAgainInTheChild) {
  constexpr std::size_t kBytes = 4000;
  Heap heap{{.hardening = Hardening::trusting}};
  std::vector<void*> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(heap.allocate(kBytes));
  Slab& slab = *g_backing.pages.space().descriptor_of(blocks[0]);
  ASSERT_EQ(&slab, g_backing.pages.space().descriptor_of(blocks[1]));
  free_on_another_thread(heap, blocks[0]);
  ASSERT_TRUE(slab.ready_listed);
  ASSERT_EQ(slab.collect_remote(), 1U);
  slab.ready_listed = false;

  Latch may_end{1};
  std::thread other{[&] { may_end.wait(); }};  // a process with one thread has nothing to repair
  const int result = in_child(
      [&] {
        free_on_another_thread(heap, blocks[1]);
        for (int i = 0; i < 200; ++i) blocks.push_back(heap.allocate(kBytes));
        return 0;
      },
      5);
  EXPECT_EQ(result, 0) << "-1: it goes round in circles";
  may_end.count_down();
  other.join();
  slab.ready_listed = true;
  heap.deallocate(blocks[1]);
  heap.deallocate(blocks[2]);
  heap.deallocate(blocks[3]);
}

}  // namespace
}  // namespace cenote::test
