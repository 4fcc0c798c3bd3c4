/// A heap on a machine with several nodes. Here that machine is simulated; tests/machines has emulated ones.
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "support/fake_memory.hpp"
#include "support/fresh_backing.hpp"
#include "support/simulated_numa.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

class HeapNodes : public testing::Test {
 protected:
  template <class Body>
  static void on(int node, Body body) {
    std::thread{[&] {
      const OnNode here{node};
      body();
    }}.join();
  }
  int node_of(const void* block) { return machine.node_of(block).value_or(-1); }

  static constexpr std::size_t kSizes[] = {16, 1000, 5000, 50'000, 300'000, 3 * kMiB};

  FakeMemory memory;
  SimulatedNuma machine{4};
  Nodes nodes{machine};
  FreshBacking backing{memory, nodes};
};

TEST_F(HeapNodes, AThreadGetsBlocksOfItsNode) {
  Heap heap;
  for (int round = 0; round < 3; ++round) {
    for (int node = 0; node < 4; ++node) {
      on(node, [&] {
        std::vector<void*> blocks;
        for (int i = 0; i < 100; ++i) {
          for (const std::size_t size : kSizes) {
            blocks.push_back(heap.allocate(size));
            EXPECT_EQ(node_of(blocks.back()), node) << size;
          }
        }
        for (void* const block : blocks) heap.deallocate(block);
      });
    }
  }
}

TEST_F(HeapNodes, AllBlocksOfAHeapLieOnTheNodeThatItIsGiven) {
  Heap heap{{.numa_node = numa::topology().memory_nodes().first()}};
  for (int node = 0; node < 4; ++node) {
    on(node, [&] {
      for (const std::size_t size : kSizes) EXPECT_EQ(node_of(heap.allocate(size)), 0);
    });
  }
}

TEST_F(HeapNodes, OrphansAreAdoptedOnTheirNode) {
  Heap heap;
  std::vector<void*> orphaned;
  on(2, [&] {
    for (int i = 0; i < 2000; ++i) orphaned.push_back(heap.allocate(1000));
  });
  for (std::size_t i = 0; i < orphaned.size(); i += 2) heap.deallocate(orphaned[i]);
  on(1, [&] {
    for (int i = 0; i < 500; ++i) EXPECT_EQ(node_of(heap.allocate(1000)), 1);
  });
  const std::size_t before = heap.stats().bytes_held;
  on(2, [&] {
    for (int i = 0; i < 900; ++i) EXPECT_EQ(node_of(heap.allocate(1000)), 2);
  });
  EXPECT_LE(heap.stats().bytes_held, before + 128 * kKiB) << "fresh memory, though there were orphans";
}

TEST_F(HeapNodes, OrphansOfOtherNodesServeWhenNothingElseDoes) {
  Heap heap{{.limit_bytes = 8 * kMiB}};
  std::vector<void*> orphaned;
  on(2, [&] {
    while (Result<void*> block = heap.try_allocate(1000)) orphaned.push_back(*block);
  });
  for (std::size_t i = 0; i < orphaned.size(); i += 2) heap.deallocate(orphaned[i]);
  on(1, [&] {
    for (std::size_t i = 0; i < orphaned.size() / 3; ++i) EXPECT_TRUE(heap.try_allocate(1000)) << i;
  });
}

// The main thread frees into slabs of a thread that has ended.
TEST_F(HeapNodes, WhoFreesIntoAFarOrphanDoesNotTakeItOver) {
  Heap heap;
  const OnNode here{0};
  heap.deallocate(heap.allocate(1000));
  std::vector<void*> orphaned;
  on(3, [&] {
    for (int i = 0; i < 300; ++i) orphaned.push_back(heap.allocate(1000));
  });
  for (std::size_t i = 0; i < orphaned.size(); i += 3) heap.deallocate(orphaned[i]);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(node_of(heap.allocate(1000)), 0);
}

TEST_F(HeapNodes, ASystemThatDoesNotBindServesAllTheSame) {
  machine.binds = false;
  Heap heap;
  on(3, [&] {
    for (const std::size_t size : kSizes) heap.deallocate(heap.allocate(size));
  });
}

TEST_F(HeapNodes, SlabAllocatorsTakeUnitsOfTheirThreadsNode) {
  SlabAllocator slabs;
  on(3, [&] {
    for (const std::size_t size : kSizes) EXPECT_EQ(node_of(slabs.allocate(size)), 3) << size;
  });
}

TEST(HeapNode, ThatIsNotThereIsABadOption) {
  for (const int node : {-2, 63, 64, 1'000'000}) {
    EXPECT_EQ(Heap::create({.numa_node = node}).error(), AllocError::bad_option);
    EXPECT_EQ(SlabAllocator::create({.numa_node = node}).error(), AllocError::bad_option);
    try {
      const Heap heap{{.numa_node = node}};
      ADD_FAILURE() << "a heap on no node";
    } catch (const AllocFailure& failure) {
      EXPECT_EQ(std::string_view{failure.what()}.find("bad_option: numa_node "), 0U) << failure.what();
    }
    try {
      const SlabAllocator slabs{{.numa_node = node}};
      ADD_FAILURE() << "an allocator on no node";
    } catch (const AllocFailure& failure) {
      EXPECT_EQ(std::string_view{failure.what()}.find("bad_option: numa_node "), 0U) << failure.what();
    }
  }
}

TEST(HeapPages, AreAsGranted) {
  for (const PageKind kind :
       {PageKind::normal, PageKind::transparent_huge, PageKind::huge_2mib, PageKind::huge_1gib}) {
    Heap heap{{.pages = kind}};
    SlabAllocator slabs{{.pages = kind}};
    std::vector<void*> blocks;
    for (const std::size_t size : {std::size_t{100}, 100 * kKiB, 4 * kMiB}) {
      std::memset(heap.allocate(size), 1, size);
      blocks.push_back(slabs.allocate(size));
      std::memset(blocks.back(), 1, size);
    }
    for (const PageKind got : {heap.stats().pages, slabs.stats().pages})
      EXPECT_TRUE(got == kind || got == PageKind::normal || got == PageKind::huge_2mib);
    if (kind == PageKind::transparent_huge) {
      EXPECT_EQ(heap.stats().pages, kind);
    }
    for (void* const block : blocks) slabs.deallocate(block);
  }
}

}  // namespace
}  // namespace cenote::test
