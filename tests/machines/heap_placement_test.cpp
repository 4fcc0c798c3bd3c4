/// Where blocks of heaps and of single pools lie, by the kernel's account alone.
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/topology.hpp>

#include "machines/kernel.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kSizes[] = {16, 1000, 5000, 50'000, 300'000, 3'000'000};

class HeapPlacement : public testing::Test {
 protected:
  void SetUp() override {
    int touched = 0;
    if (kernel::node_of(&touched) < 0) GTEST_SKIP() << "this kernel does not say where pages are";
  }

  static os::NodeSet memory() { return kernel::allowed_nodes() & numa::topology().memory_nodes(); }
  static int nearest_memory(int node) {
    std::array<int, os::kNodesMax> room{};
    for (const int near : numa::topology().by_distance(node, room)) {
      if (memory().contains(near)) return near;
    }
    return -1;
  }
  /// Runs `body` in a thread of that node, and says how that went.
  template <class Body>
  static void on(int node, Body body) {
    std::thread{[&] {
      ASSERT_TRUE(affinity::pin_to_node(node));
      ASSERT_EQ(kernel::current_node(), node);
      body();
    }}.join();
  }
  static int node_of_first_and_last(const void* block, std::size_t size) {
    const int node = kernel::node_of(block);
    return kernel::node_of(static_cast<const std::byte*>(block) + size - 1) == node ? node : -2;
  }
};

TEST_F(HeapPlacement, AThreadsBlocksLieOnItsNodeAlsoWhereOthersHaveFreedMemory) {
  Heap heap;
  for (int round = 0; round < 2; ++round) {
    kernel::for_each(kernel::allowed_processor_nodes(), [&](int node) {
      on(node, [&] {
        std::vector<void*> blocks;
        for (int i = 0; i < 20; ++i) {
          for (const std::size_t size : kSizes) {
            blocks.push_back(heap.allocate(size));
            std::memset(blocks.back(), 1, size);
            ASSERT_EQ(node_of_first_and_last(blocks.back(), size), nearest_memory(node)) << size;
          }
        }
        for (void* const block : blocks) heap.deallocate(block);
      });
    });
  }
}

// One thread writes what is to lie on another node.
TEST_F(HeapPlacement, AHeapsBlocksLieOnTheNodeThatItIsGiven) {
  kernel::for_each(memory(), [&](int node) {
    Heap heap{{.numa_node = node}};
    SlabAllocator slabs{{.numa_node = node}};
    for (const std::size_t size : kSizes) {
      void* const block = heap.allocate(size);
      void* const of_slab = slabs.allocate(size);
      std::memset(block, 1, size);
      std::memset(of_slab, 1, size);
      EXPECT_EQ(node_of_first_and_last(block, size), node) << size;
      EXPECT_EQ(node_of_first_and_last(of_slab, size), node) << size;
      slabs.deallocate(of_slab);
    }
  });
}

TEST_F(HeapPlacement, PurgedMemoryComesBackOnItsNode) {
  kernel::for_each(memory(), [&](int node) {
    Heap heap{{.numa_node = node}};
    for (int round = 0; round < 3; ++round) {
      void* const block = heap.allocate(500'000);
      std::memset(block, 1, 500'000);
      EXPECT_EQ(node_of_first_and_last(block, 500'000), node);
      heap.deallocate(block);
      heap.trim();
    }
  });
}

template <class Sync>
void expect_blocks_on(int node, bool prefault) {
  BlockPool<Sync> pool{{.block_size = 64 * 1024, .capacity = 200, .numa_node = node, .prefault = prefault}};
  EXPECT_EQ(pool.stats().numa_node, node);
  std::vector<Block> blocks;
  for (int i = 0; i < 200; ++i) {
    blocks.push_back(pool.allocate());
    if (!prefault) std::memset(blocks.back().data(), 1, blocks.back().size());
    EXPECT_EQ(kernel::node_of(blocks.back().data()), node);
  }
  for (const Block block : blocks) pool.deallocate(block);
}

TEST_F(HeapPlacement, PoolsOfEachPolicyLieOnTheNodeThatTheyAreGiven) {
  kernel::for_each(memory(), [&](int node) {
    for (const bool prefault : {false, true}) {
      expect_blocks_on<SingleThread>(node, prefault);
      expect_blocks_on<Locked>(node, prefault);
      expect_blocks_on<LockFree>(node, prefault);
      expect_blocks_on<ThreadCached>(node, prefault);
    }
  });
}

TEST_F(HeapPlacement, LargePoolsAreBroughtInOnTheirNodeByManyThreads) {
  kernel::for_each(memory(), [&](int node) {
    if (os::g_system_numa.free_bytes(node) < std::size_t{128} << 20) return;
    BlockPool<SingleThread> pool{
        {.block_size = 64 * 1024, .capacity = 1100, .numa_node = node, .prefault = true}};
    const Block first = pool.allocate();
    for (std::size_t i = 0; i < 1100; ++i) {
      ASSERT_EQ(kernel::node_of(first.data() + i * 64 * 1024), node) << i;
      ASSERT_EQ(kernel::node_of(first.data() + (i + 1) * 64 * 1024 - 1), node) << i;
    }
    pool.deallocate(first);
  });
}

TEST_F(HeapPlacement, BuddiesLieOnTheNodeThatTheyAreGiven) {
  kernel::for_each(memory(), [&](int node) {
    BuddyAllocator buddy{{.bytes = std::size_t{8} << 20, .numa_node = node}};
    EXPECT_EQ(buddy.stats().numa_node, node);
    for (int round = 0; round < 2; ++round) {
      void* const block = buddy.allocate(std::size_t{8} << 20);
      std::memset(block, 1, std::size_t{8} << 20);
      EXPECT_EQ(node_of_first_and_last(block, std::size_t{8} << 20), node);
      buddy.deallocate(block);
      buddy.trim();
    }
  });
}

}  // namespace
}  // namespace cenote::test
