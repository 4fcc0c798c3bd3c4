#include "pools/manager/size_groups.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace cenote::test {
namespace {

constexpr std::size_t kSizeMax = PTRDIFF_MAX;
constexpr std::size_t kDeepest = (8 * sizeof(std::size_t) - 1 + 5) / 6;  // nodes, one a digit

/// Groups of blocks that are headers only: a size may be anything.
class SizeGroupsTest : public testing::Test {
 protected:
  ManagedBlock& add(std::size_t size) {
    EXPECT_TRUE(groups.open(size, 1));
    ManagedBlock& block = blocks.emplace_back();
    block.size = size;
    groups.push(block);
    return block;
  }
  std::size_t pop_size(std::size_t min, std::size_t max) {
    const ManagedBlock* const block = groups.pop_between(min, max);
    return block == nullptr ? 0 : block->size;
  }

  Heap heap{{.name = "nodes"}};
  SizeGroups groups{heap};
  std::deque<ManagedBlock> blocks;
};

/// Sizes at the edges of digits, leaves and trees, rising.
std::vector<std::size_t> edges() {
  std::set<std::size_t> sizes{1, 2, kSizeMax - 1, kSizeMax};
  for (std::size_t bit = 3; bit < 8 * sizeof(std::size_t) - 1; ++bit) {
    const std::size_t power = std::size_t{1} << bit;
    sizes.insert({power - 1, power, power + 1, power + power / 2});
  }
  return {sizes.begin(), sizes.end()};
}

TEST_F(SizeGroupsTest, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(groups.pop(100), nullptr);
  EXPECT_EQ(groups.pop_between(1, kSizeMax), nullptr);
  EXPECT_EQ(groups.available(100), 0U);
  EXPECT_EQ(groups.nodes(), 0U);
  groups.check_invariants();
}

TEST_F(SizeGroupsTest, GivesTheLastPushedFirst) {
  ManagedBlock& first = add(100);
  ManagedBlock& second = add(100);
  EXPECT_EQ(groups.available(100), 2U);
  EXPECT_EQ(groups.pop(100), &second);
  EXPECT_EQ(groups.pop(100), &first);
  EXPECT_EQ(groups.pop(100), nullptr);
}

TEST_F(SizeGroupsTest, KeepsNeighbouringSizesApart) {
  ManagedBlock& block = add(100);
  EXPECT_EQ(groups.pop(99), nullptr);
  EXPECT_EQ(groups.pop(101), nullptr);
  EXPECT_EQ(groups.available(99) + groups.available(101), 0U);
  EXPECT_EQ(groups.pop(100), &block);
}

TEST_F(SizeGroupsTest, FindsTheNextLargerSizeFromAnyToAny) {
  const std::vector<std::size_t> sizes = edges();
  for (const std::size_t size : sizes) {
    ManagedBlock& block = add(size);
    for (const std::size_t min : sizes) {
      EXPECT_EQ(groups.pop_between(min, size - 1), nullptr);
      if (min > size) {
        EXPECT_EQ(groups.pop_between(min, kSizeMax), nullptr);
        continue;
      }
      ASSERT_EQ(groups.pop_between(min, size), &block) << "from " << min << " to " << size;
      groups.push(block);
    }
    groups.check_invariants();
    EXPECT_EQ(groups.pop(size), &block);
    groups.close(size, 1);
  }
  EXPECT_EQ(groups.nodes(), 0U);
}

TEST_F(SizeGroupsTest, HandsSizesOutInOrder) {
  const std::vector<std::size_t> sizes = edges();
  std::vector<std::size_t> shuffled = sizes;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64{7});
  for (const std::size_t size : shuffled) add(size);
  groups.check_invariants();
  for (const std::size_t size : sizes) EXPECT_EQ(pop_size(1, kSizeMax), size);
  EXPECT_EQ(pop_size(1, kSizeMax), 0U);
}

TEST_F(SizeGroupsTest, KeepsNodesOnlyForSizesThatHaveBlocks) {
  add(5000);  // three digits: a leaf, two branches
  EXPECT_EQ(groups.nodes(), 3U);
  add(5001);  // its neighbour
  EXPECT_EQ(groups.nodes(), 3U);
  ASSERT_NE(groups.pop(5000), nullptr);
  EXPECT_EQ(groups.nodes(), 3U) << "in use, not gone";
  groups.close(5000, 1);
  EXPECT_EQ(groups.nodes(), 3U);
  ASSERT_NE(groups.pop(5001), nullptr);
  groups.close(5001, 1);
  EXPECT_EQ(groups.nodes(), 0U);
}

TEST_F(SizeGroupsTest, ChangesNothingWhenThereIsNoMemoryForANode) {
  heap.set_limit(64 * 1024);
  std::vector<void*> branches, leaves;
  constexpr std::size_t kBranchBytes = 48 + 64 * sizeof(void*), kLeafBytes = 48 + 64 * 2 * sizeof(void*);
  while (const Result<void*> block = heap.try_allocate(kBranchBytes)) branches.push_back(*block);
  while (const Result<void*> block = heap.try_allocate(kLeafBytes)) leaves.push_back(*block);
  ASSERT_GE(branches.size(), kDeepest);
  for (std::size_t nodes = 0; nodes < kDeepest; ++nodes) {  // one leaf fails, after this many branches
    ASSERT_EQ(groups.open(kSizeMax, 1).error(), AllocError::limit_reached) << nodes;
    EXPECT_EQ(groups.nodes(), 0U);
    groups.check_invariants();
    if (nodes + 1 == kDeepest) break;
    heap.deallocate(branches.back());
    branches.pop_back();
  }
  heap.set_limit(0);
  EXPECT_TRUE(groups.open(kSizeMax, 1));
  EXPECT_EQ(groups.nodes(), kDeepest);
}

/// Sizes that share leaves, branches, or nothing.
std::size_t random_size(std::mt19937_64& random) {
  return std::max<std::size_t>((random() >> (1 + random() % 62)) & ~(random() % 2 * 0xff) & kSizeMax, 1);
}

TEST_F(SizeGroupsTest, DoesAsAMultimapDoes) {
  std::mt19937_64 random{1};
  std::multimap<std::size_t, ManagedBlock*> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t size = random_size(random);
    if (random() % 2 == 0) {
      model.emplace(size, &add(size));
      continue;
    }
    const std::size_t max = random() % 2 == 0 ? size : std::max(size, random_size(random));
    const auto expected = model.lower_bound(size);
    const bool any = expected != model.end() && expected->first <= max;
    const std::size_t found = pop_size(size, max);
    ASSERT_EQ(found, any ? expected->first : 0U) << "step " << step;
    if (!any) continue;
    groups.close(found, 1);
    model.erase(std::prev(model.upper_bound(found)));
    if (step % 100 == 0) groups.check_invariants();
  }
  for (const auto& [size, block] : model) {
    ASSERT_EQ(groups.available(size), model.count(size));
  }
  while (const std::size_t size = pop_size(1, kSizeMax)) groups.close(size, 1);
  EXPECT_EQ(groups.nodes(), 0U);
}

}  // namespace
}  // namespace cenote::test
