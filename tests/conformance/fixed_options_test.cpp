/// What can be wrong with the options of a pool, and what each error says.
#include <limits>
#include <string_view>

#include <cenote/topology.hpp>

#include "conformance/fixed_subjects.hpp"
#include "support/fake_memory.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);

namespace {

constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();

/// Both ways to make such a pool say `error`; what() of the one that throws names it, and all of `words`.
/// Nothing is left reserved.
template <class Pool>
void expect_refused(const PoolOptions& options, AllocError error,
                    std::initializer_list<std::string_view> words = {}) {
  FakeMemory memory;
  EXPECT_EQ(Pool::create(options, memory).error(), error);
  try {
    const Pool pool{options, memory};
    FAIL() << "made a pool that should have been refused as " << to_string(error);
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), error);
    const std::string_view what = failure.what();
    EXPECT_NE(what.find(to_string(error)), std::string_view::npos) << what;
    for (const std::string_view word : words) EXPECT_NE(what.find(word), std::string_view::npos) << what;
  }
  EXPECT_EQ(memory.held(), 0U);
}

/// Whether the system binds any memory there.
bool binds_to(int node) {
  const os::Region region = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  const bool bound{os::g_system_numa.bind(region, os::NodeSet::of(node), os::Placement::preferred)};
  os::g_system_memory.release(region);
  return bound;
}

}  // namespace

TYPED_TEST(FixedPools, ACapacityOfZeroIsABadOption) {
  expect_refused<typename TypeParam::Pool>(TypeParam::sized({}), AllocError::bad_option, {"capacity"});
  expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity_max = 10}), AllocError::bad_option,
                                           {"capacity"});
}

TYPED_TEST(FixedPools, ALimitBelowTheCapacityIsABadOption) {
  expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = 10, .capacity_max = 9}),
                                           AllocError::bad_option, {"capacity_max"});
  expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = 10, .capacity_max = 1}),
                                           AllocError::bad_option, {"capacity_max"});
  EXPECT_EQ(this->make({.capacity = 10, .capacity_max = 10}).capacity(), 10U);
}

TYPED_TEST(FixedPools, ANodeThatIsNotThereIsABadOption) {
  for (const int node : {-2, 63, 64, 1'000'000}) {
    expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = 10, .numa_node = node}),
                                             AllocError::bad_option, {"numa_node"});
  }
}

TYPED_TEST(FixedPools, APoolOnANodeSaysSo) {
  const int node = numa::topology().memory_nodes().first();
  if (!binds_to(node)) GTEST_SKIP() << "this system binds no memory";
  auto pool = this->make({.capacity = 1000, .numa_node = node, .prefault = true});
  EXPECT_EQ(pool.stats().numa_node, node);
  std::byte* const block = this->address(pool.allocate());
  EXPECT_EQ(os::g_system_numa.node_of(block).value_or(node), node);
  pool.deallocate(this->at(block));
  EXPECT_EQ(this->make({.capacity = 10}).stats().numa_node, any_numa_node);
}

TYPED_TEST(FixedPools, AnAlignmentThatIsNoneIsRefused) {
  for (const std::size_t alignment :
       {std::size_t{3}, std::size_t{12}, std::size_t{100}, kHuge, std::size_t{4} << 20, top_power()}) {
    expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = 10, .alignment = alignment}),
                                             AllocError::bad_alignment);
  }
}

TYPED_TEST(FixedPools, MoreBlocksThanAnAddressSpaceHoldsAreTooLarge) {
  for (const std::size_t capacity :
       {kHuge, kHuge / kItemBytes, kHuge / kItemBytes + 1, kHuge / 2 + 1, top_power(5)}) {
    expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = capacity}), AllocError::too_large);
    expect_refused<typename TypeParam::Pool>(TypeParam::sized({.capacity = 1, .capacity_max = capacity}),
                                             AllocError::too_large);
  }
  expect_refused<typename TypeParam::Pool>(
      TypeParam::sized({.capacity = std::size_t{1} << 31, .alignment = std::size_t{2} << 20}),
      AllocError::too_large);
}

TYPED_TEST(FixedPools, APoolThatMayGrowFarCostsOnlyItsCapacity) {
  FakeMemory memory;
  constexpr std::size_t kFar = sizeof(std::size_t) == 8 ? 50'000'000 : 10'000'000;
  auto pool = this->make({.capacity = 100, .capacity_max = kFar}, memory);
  EXPECT_LT(pool.stats().bytes_committed, 64 * os::page_bytes());
  const auto blocks = this->take(pool, 1000);
  this->expect_apart(blocks);
  this->give_back(pool, blocks);
}

TYPED_TEST(FixedPools, AKindOfPageThatIsNotThereFallsBackAndSaysSo) {
  for (const PageKind kind :
       {PageKind::normal, PageKind::transparent_huge, PageKind::huge_2mib, PageKind::huge_1gib}) {
    auto pool = this->make({.capacity = 100, .pages = kind});
    const PageKind got = pool.stats().pages;
    EXPECT_TRUE(got == kind || got == PageKind::normal);
    this->expect_unharmed(pool);
  }
}

TYPED_TEST(FixedPools, APrefaultedPoolIsInMemoryAtOnce) {
  if (pretends_to_populate()) GTEST_SKIP() << "this system only says that it brings memory in";
  for (const bool prefault : {false, true}) {
    const std::size_t capacity = 40'000;
    auto pool = this->make({.capacity = capacity, .prefault = prefault});
    std::byte* const start = this->address(pool.allocate());
    const std::size_t touched = resident_bytes(start, start + (capacity - 1) * kItemBytes);
    if (prefault) {
      EXPECT_GE(touched, capacity * kItemBytes - os::page_bytes());
    } else {
      EXPECT_LE(touched, std::size_t{2} << 20) << "only where asked for";
    }
    pool.deallocate(this->at(start));
  }
}

TYPED_TEST(FixedPools, APrefaultedPoolGrowsPrefaulted) {
  if (pretends_to_populate()) GTEST_SKIP() << "this system only says that it brings memory in";
  auto pool = this->make({.capacity = 100, .capacity_max = 40'100, .prefault = true});
  std::byte* const start = this->address(pool.allocate());
  ASSERT_TRUE(pool.grow(40'000));
  EXPECT_GE(resident_bytes(start, start + 40'000 * kItemBytes), 40'000 * kItemBytes - os::page_bytes());
  pool.deallocate(this->at(start));
}

template <class Sync>
class BlockPoolOptions : public testing::Test {};
using Policies = testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(BlockPoolOptions, Policies);

TYPED_TEST(BlockPoolOptions, BlocksOfNoBytesAreZeroSize) {
  expect_refused<BlockPool<TypeParam>>({.capacity = 10}, AllocError::zero_size);
}

TYPED_TEST(BlockPoolOptions, BlocksAsLargeAsTheAddressSpaceAreTooLarge) {
  for (const std::size_t size : {kHuge, kHuge - 15, kHuge - 63, kHuge / 2, kHuge / 3, top_power()}) {
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{10}, top_power(30)}) {
      expect_refused<BlockPool<TypeParam>>({.block_size = size, .capacity = capacity}, AllocError::too_large);
      expect_refused<BlockPool<TypeParam>>({.block_size = size, .capacity = capacity, .alignment = 4096},
                                           AllocError::too_large);
    }
  }
  expect_refused<BlockPool<TypeParam>>({.block_size = kRootOfSizes << 8, .capacity = kRootOfSizes >> 8},
                                       AllocError::too_large);
}

TYPED_TEST(BlockPoolOptions, WhatTheSystemRefusesIsOutOfMemory) {
  FakeMemory memory;
  memory.fail_after(0);
  EXPECT_EQ((BlockPool<TypeParam>::create({.block_size = 100, .capacity = 10}, memory).error()),
            AllocError::out_of_memory);
  EXPECT_THROW((BlockPool<TypeParam>{{.block_size = 100, .capacity = 10}, memory}), AllocFailure);
  EXPECT_EQ(memory.held(), 0U);
}

}  // namespace cenote::test
