#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/node_allocator.hpp>

#include "adapters/node_pools_in_use.hpp"
#include "support/aborts.hpp"
#include "support/misuse_recorder.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

static_assert(StandardAllocator<NodeAllocator<std::string>> && StandardAllocator<NodeAllocator<char>>);
using Traits = std::allocator_traits<NodeAllocator<int>>;
static_assert(Traits::is_always_equal::value);
static_assert(std::is_nothrow_default_constructible_v<NodeAllocator<int>>);
static_assert(sizeof(std::list<int, NodeAllocator<int>>) == sizeof(std::list<int>),
              "the allocator takes no room");
static_assert(NodeAllocator<int>{} == NodeAllocator<std::string>{});

/// A node of a size that no other test uses.
template <std::size_t kBytes>
struct Node {
  std::byte bytes[kBytes];
};

struct SelfContained {
  // the allocator must do with an incomplete type
  std::list<SelfContained, NodeAllocator<SelfContained>> children;
};

template <class T>
bool is_from_pool(const T* node) {
  const auto* const pool = detail::NodePoolOf<T>::find();
  return pool != nullptr && pool->owns(node);
}

TEST(NodeAllocator, ObjectsOfOneSizeShareAPool) {
  NodeAllocator<Node<168>> allocator;
  NodeAllocator<Node<165>> smaller;
  Node<168>* const a = allocator.allocate(1);
  Node<165>* const b = smaller.allocate(1);
  EXPECT_TRUE(is_from_pool(a));
  EXPECT_EQ(static_cast<void*>(detail::NodePoolOf<Node<168>>::find()),
            static_cast<void*>(detail::NodePoolOf<Node<165>>::find()));
  smaller.deallocate(b, 1);
  allocator.deallocate(a, 1);
  EXPECT_EQ(node_blocks_in_use(), 0U);
}

TEST(NodeAllocator, ContainersTakeNodesFromPools) {
  std::map<int, std::string, std::less<>, NodeAllocator<std::pair<const int, std::string>>> map;
  for (int i = 0; i < 1000; ++i) map.emplace(i, "text");
  EXPECT_EQ(node_blocks_in_use(), 1000U);
  map.clear();
  EXPECT_EQ(node_blocks_in_use(), 0U);
}

TEST(NodeAllocator, BucketTablesComeFromTheHeap) {
  std::unordered_map<int, int, std::hash<int>, std::equal_to<>, NodeAllocator<std::pair<const int, int>>> map;
  map.reserve(1000);
  EXPECT_EQ(node_blocks_in_use(), 0U);
  map.emplace(1, 1);
  EXPECT_EQ(node_blocks_in_use(), 1U);
}

TEST(NodeAllocator, ArraysComeFromTheHeapAndGoBackThere) {
  NodeAllocator<long> allocator;
  long* const array = allocator.allocate(100);
  EXPECT_TRUE(Heap::process().owns(array));
  EXPECT_FALSE(is_from_pool(array));
  allocator.deallocate(array, 100);

  const std::size_t held = Heap::process().stats().bytes_held;
  for (int i = 0; i < 1000; ++i) allocator.deallocate(allocator.allocate(100'000), 100'000);
  EXPECT_LE(Heap::process().stats().bytes_held, held + 2 * 100'000 * sizeof(long));
}

TEST(NodeAllocator, ObjectsAboveAPageComeFromTheHeap) {
  NodeAllocator<Node<detail::kNodeBytesMax>> largest;
  NodeAllocator<Node<detail::kNodeBytesMax + 1>> larger;
  auto* const from_pool = largest.allocate(1);
  auto* const from_heap = larger.allocate(1);
  EXPECT_TRUE(is_from_pool(from_pool));
  EXPECT_TRUE(Heap::process().owns(from_heap));
  larger.deallocate(from_heap, 1);
  largest.deallocate(from_pool, 1);
}

/// As when the pool was full for a while.
TEST(NodeAllocator, NodesThatCameFromTheHeapGoBackThere) {
  MisuseRecorder misuse;
  NodeAllocator<Node<232>> allocator;
  Node<232>* const from_pool = allocator.allocate(1);
  const std::size_t held = Heap::process().stats().bytes_held;
  for (int i = 0; i < 10'000; ++i) {
    allocator.deallocate(static_cast<Node<232>*>(Heap::process().allocate(sizeof(Node<232>))), 1);
  }
  EXPECT_LE(Heap::process().stats().bytes_held, held + 1'000 * sizeof(Node<232>));
  allocator.deallocate(from_pool, 1);
  EXPECT_TRUE(misuse.take().empty());
}

TEST(NodeAllocator, NodesGivenBackTwiceReachTheMisuseHandler) {
  MisuseRecorder misuse;
  NodeAllocator<Node<248>> allocator;
  Node<248>* const node = allocator.allocate(1);
  allocator.deallocate(node, 1);
  allocator.deallocate(node, 1);
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::double_free);
  EXPECT_EQ(records[0].address, node);
  EXPECT_EQ(records[0].pool, "nodes of 248");
}

TEST(NodeAllocator, AlignmentsHaveTheirOwnPools) {
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  struct alignas(4096) Page {
    std::byte bytes[4096];
  };
  std::list<Line, NodeAllocator<Line>> lines(200);
  std::list<Page, NodeAllocator<Page>> pages(20);  // a node of two pages: from the heap
  NodeAllocator<Page> page_allocator;
  Page* const page = page_allocator.allocate(1);
  EXPECT_TRUE(is_from_pool(page));
  EXPECT_TRUE(is_aligned(page, 4096));
  for (const Line& line : lines) EXPECT_TRUE(is_aligned(&line, 64));
  for (const Page& each : pages) EXPECT_TRUE(is_aligned(&each, 4096));
  page_allocator.deallocate(page, 1);
}

TEST(NodeAllocator, MoreThanCanBeCountedIsRefused) {
  NodeAllocator<long> allocator;
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max() / sizeof(long);
  EXPECT_THROW((void)allocator.allocate(kMost + 1), std::bad_array_new_length);
  EXPECT_THROW((void)allocator.allocate(kMost), std::bad_alloc);
}

TEST(NodeAllocator, TreesOfIncompleteTypesWork) {
  SelfContained root;
  root.children.emplace_back().children.emplace_back();
  EXPECT_EQ(root.children.front().children.size(), 1U);
}

TEST(NodeAllocator, ShrinkGivesMemoryOfEverySizeBack) {
  {
    std::list<Node<200>, NodeAllocator<Node<200>>> list(20'000);
    std::set<std::string, std::less<>, NodeAllocator<std::string>> set;
    for (int i = 0; i < 20'000; ++i) set.insert(std::to_string(i));
  }
  EXPECT_GE(NodeAllocator<char>::trim(), 20'000U * (200 + sizeof(std::string)) / 2);
  std::list<Node<200>, NodeAllocator<Node<200>>> again(20'000);
  for (Node<200>& each : again) std::memset(&each, 1, sizeof each);
}

/// Nodes are made by one thread and destroyed by another: all of them get home.
TEST(NodeAllocator, ContainersMoveBetweenThreads) {
  using List = std::list<std::string, NodeAllocator<std::string>>;
  constexpr std::size_t kThreads = 4;
  std::vector<List> lists(kThreads);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&list = lists[t]] {
        List fresh;
        for (int i = 0; i < 3000; ++i) fresh.emplace_back("text");
        list = std::move(fresh);  // destroys what another thread had made
      });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(node_blocks_in_use(), kThreads * 3000);
    lists.front().swap(lists.back());
    lists.front().splice(lists.front().end(), lists[1]);
    lists[1].splice(lists[1].end(), lists.front(), lists.front().begin(),
                    std::next(lists.front().begin(), 3000));
  }
  lists.clear();
  EXPECT_EQ(node_blocks_in_use(), 0U);
}

TEST(NodeAllocator, ThreadsThatComeFirstTogetherFindOnePool) {
  constexpr std::size_t kThreads = 8;
  using Unseen = Node<344>;
  const std::size_t pools_before = node_pools();
  Latch start{kThreads};
  std::vector<Unseen*> nodes(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      nodes[t] = NodeAllocator<Unseen>{}.allocate(1);
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(node_pools(), pools_before + 1);
  EXPECT_EQ(node_blocks_in_use(), kThreads);
  for (Unseen* const node : nodes) {
    EXPECT_TRUE(is_from_pool(node));
    NodeAllocator<Unseen>{}.deallocate(node, 1);
  }
}

TEST(NodeAllocator, PoolsOfMixedSizesServeManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> elements{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&elements] {
      std::map<int, std::string, std::less<>, NodeAllocator<std::pair<const int, std::string>>> map;
      std::list<Node<24>, NodeAllocator<Node<24>>> list;
      for (int i = 0; i < 5000; ++i) {
        map.emplace(i * 37 % 1009, "text");
        list.emplace_back();
        if (i % 5 == 0) map.erase(map.begin());
        if (i % 3 == 0) list.pop_front();
        if (i % 1000 == 0) NodeAllocator<int>::trim();
      }
      elements += map.size() + list.size();
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_GT(elements, 0U);
  EXPECT_EQ(node_blocks_in_use(), 0U);
}

/// Says at its end whether it still held what was put in.
struct StaticMap {
  std::map<int, std::string, std::less<>, NodeAllocator<std::pair<const int, std::string>>> map;
  explicit StaticMap(int entries) {
    for (int i = 0; i < entries; ++i) map.emplace(i, "a text beyond the small buffer, to be found again");
  }
  ~StaticMap() {
    map.emplace(-1, "one more, when statics are being destroyed");
    if (map.size() < 2 || map.rbegin()->second.front() != 'a') std::_Exit(1);
  }
};

/// Older than every pool, and so destroyed after all that the pools' making could have registered.
std::list<Node<408>, NodeAllocator<Node<408>>> g_oldest;

TEST(NodeAllocatorDeathTest, StaticContainersOutliveEverything) {
  EXPECT_EXIT(
      {
        static StaticMap one{1};  // before the pools of the other's nodes
        thread_local StaticMap of_this_thread{100};
        static StaticMap other{1000};
        one.map.emplace(2, "another");
        of_this_thread.map.emplace(-2, "another");
        g_oldest.resize(1000);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cenote::test
