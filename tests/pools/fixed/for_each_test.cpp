#include <set>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/fixed_pool.hpp>

namespace cenote::test {
namespace {

template <class Sync>
class ForEach : public testing::Test {
 protected:
  FixedPool<int, Sync> pool{{.capacity = 10, .capacity_max = 2000}};
  std::vector<int*> visited() {
    std::vector<int*> blocks;
    pool.for_each([&](int* block) { blocks.push_back(block); });
    return blocks;
  }
};
using Policies = testing::Types<SingleThread, Locked>;
TYPED_TEST_SUITE(ForEach, Policies);

TYPED_TEST(ForEach, VisitsNoBlockOfAnUnusedPool) { EXPECT_TRUE(this->visited().empty()); }

TYPED_TEST(ForEach, VisitsEachBlockInUseOnceInAddressOrder) {
  std::set<int*> in_use;
  for (int i = 0; i < 1000; ++i) in_use.insert(this->pool.allocate());
  for (auto block = in_use.begin(); block != in_use.end();) {  // every other one
    this->pool.deallocate(*block);
    block = in_use.erase(block);
    if (block != in_use.end()) ++block;
  }
  EXPECT_EQ(this->visited(), std::vector<int*>(in_use.begin(), in_use.end()));
  for (int* const block : in_use) this->pool.deallocate(block);
  EXPECT_TRUE(this->visited().empty());
}

TEST(ForEach, MayReturnBlocksOfASingleThreadPool) {
  FixedPool<int, SingleThread> pool{{.capacity = 100}};
  for (int i = 0; i < 100; ++i) *pool.allocate() = i;
  pool.for_each([&](int* block) {
    if (*block % 2 == 0) pool.deallocate(block);
  });
  EXPECT_EQ(pool.in_use(), 50U);
  pool.for_each([&](int* block) {
    EXPECT_EQ(*block % 2, 1);
    pool.deallocate(block);
  });
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(ForEach, VisitsWholeBlocks) {
  BlockPool<Locked> pool{{.block_size = 24, .capacity = 2}};
  const Block block = pool.allocate();
  int visits = 0;
  pool.for_each([&](Block visited) {
    EXPECT_EQ(visited.data(), block.data());
    EXPECT_EQ(visited.size(), 24U);
    ++visits;
  });
  EXPECT_EQ(visits, 1);
  pool.deallocate(block);
}

template <class Pool>
concept Iterable = requires(Pool& pool) {
  pool.for_each([](int*) {});
};
static_assert(Iterable<FixedPool<int, Locked>> && !Iterable<FixedPool<int, LockFree>> &&
              !Iterable<FixedPool<int, ThreadCached>>);

}  // namespace
}  // namespace cenote::test
