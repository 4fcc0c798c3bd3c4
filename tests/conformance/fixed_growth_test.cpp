/// Pools that grow and shrink: how much, when, and what becomes of the blocks there are.
#include "conformance/fixed_subjects.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);

// --- growing -----------------------------------------------------------------------------------------------

TYPED_TEST(FixedPools, GrowAddsExactlySoMany) {
  auto pool = this->make({.capacity = 10, .capacity_max = 10'000});
  std::size_t capacity = 10;
  for (const std::size_t more : {1U, 1U, 62U, 64U, 65U, 0U, 1000U, 3U}) {
    capacity += more;
    const auto grown = pool.grow(more);
    ASSERT_TRUE(grown);
    EXPECT_EQ(*grown, capacity);
    this->expect_counts(pool, capacity, 0);
    std::vector<typename TypeParam::Given> out(capacity);
    ASSERT_EQ(pool.try_allocate_many(out), capacity);
    this->expect_apart(out);
    EXPECT_EQ(pool.capacity(), capacity) << "grown for nothing";
    pool.deallocate_many(std::span{out});
  }
}

TYPED_TEST(FixedPools, GrowBeyondTheLimitChangesNothing) {
  for (const std::size_t most : {0U, 10U, 1000U}) {
    auto pool = this->make({.capacity = 10, .capacity_max = most});
    const std::size_t room = most == 0 ? 0 : most - 10;
    for (const std::size_t more : {room + 1, room + 64, kRootOfSizes, ~std::size_t{0}, ~std::size_t{0} - 8}) {
      EXPECT_EQ(pool.grow(more).error(), AllocError::limit_reached) << more;
      this->expect_counts(pool, 10, 0);
      EXPECT_EQ(pool.stats().grows, 0U);
    }
    EXPECT_EQ(pool.grow(room).value(), 10 + room);
    EXPECT_EQ(pool.grow(1).error(), AllocError::limit_reached);
    EXPECT_EQ(pool.grow(0).value(), 10 + room);
    this->expect_unharmed(pool);
  }
}

TYPED_TEST(FixedPools, GrowsOnDemandUpToTheLimitAndNoFurther) {
  for (const std::size_t most : {2U, 65U, 1001U, 20'000U}) {
    auto pool = this->make({.capacity = 1, .capacity_max = most});
    std::vector<typename TypeParam::Given> blocks;
    for (std::size_t i = 0; i < most; ++i) {
      blocks.push_back(pool.allocate());
      fill_pattern(this->address(blocks.back()), kItemBytes, i);
      ASSERT_GE(pool.capacity(), i + 1);
      ASSERT_LE(pool.capacity(), most);
      ASSERT_EQ(pool.in_use(), i + 1);
    }
    EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
    this->expect_counts(pool, most, most);
    this->expect_apart(blocks);
    for (std::size_t i = 0; i < most; ++i)
      ASSERT_TRUE(holds_pattern(this->address(blocks[i]), kItemBytes, i)) << "moved or overwritten";
    this->give_back(pool, blocks);
    this->expect_counts(pool, most, 0);
  }
}

TYPED_TEST(FixedPools, ManyAtOnceGrowOnDemand) {
  auto pool = this->make({.capacity = 3, .capacity_max = 5000});
  std::vector<typename TypeParam::Given> out(6000);
  ASSERT_EQ(pool.try_allocate_many(std::span{out}.first(4000)), 4000U);
  ASSERT_EQ(pool.try_allocate_many(std::span{out}.subspan(4000)), 1000U);
  out.resize(5000);
  this->expect_apart(out);
  pool.deallocate_many(std::span{out});
  this->expect_counts(pool, 5000, 0);
}

TYPED_TEST(FixedPools, DoesNotGrowWhileABlockIsFree) {
  auto pool = this->make({.capacity = 300, .capacity_max = 3000});
  auto blocks = this->take(pool, 300);
  EXPECT_EQ(pool.capacity(), 300U);
  for (int i = 0; i < 1000; ++i) {
    pool.deallocate(blocks.back());
    blocks.back() = pool.allocate();
  }
  EXPECT_EQ(pool.capacity(), 300U);
  this->give_back(pool, blocks);
}

// --- shrinking ---------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t kLarge = 50'000;  // of kItemBytes: 2.4 MB

}  // namespace

TYPED_TEST(FixedPools, ShrinkReallyGivesPagesBack) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  auto pool = this->make({.capacity = kLarge});
  for (int round = 0; round < 3; ++round) {
    std::byte *lowest = nullptr, *end = nullptr;
    const auto blocks = this->take_and_touch(pool, lowest, end);
    ASSERT_EQ(blocks.size(), kLarge);
    EXPECT_EQ(pool.trim(), 0U) << "every block is in use";
    this->give_back(pool, blocks);
    const std::size_t before = resident_bytes(lowest, end);
    const std::size_t given = pool.trim();
    const std::size_t after = resident_bytes(lowest, end);
    EXPECT_GE(before, kLarge * kItemBytes);
    EXPECT_LE(after, 2 * os::page_bytes());
    EXPECT_GE(given, kLarge * kItemBytes - 2 * os::page_bytes());
    EXPECT_LE(given, before - after + os::page_bytes()) << "said to be given back, but still there";
    EXPECT_EQ(pool.trim(), 0U) << "nothing is left to give";
    this->expect_counts(pool, kLarge, 0);
  }
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ShrinkKeepsTheCapacityAskedFor) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  for (const std::size_t asked : {1U, 63U, 64U, 1000U, 5001U}) {
    auto pool = this->make({.capacity = asked, .capacity_max = 30'000});
    this->give_back(pool, this->take_all(pool));
    ASSERT_EQ(pool.capacity(), 30'000U);
    const std::size_t committed = pool.stats().bytes_committed;
    EXPECT_GT(pool.trim(), 0U);
    EXPECT_GE(pool.capacity(), asked);
    EXPECT_LT(pool.capacity(), asked + 200) << "all at the end is free";
    EXPECT_EQ(pool.available(), pool.capacity());
    EXPECT_LT(pool.stats().bytes_committed, committed);
    this->expect_unharmed(pool);
    EXPECT_EQ(pool.capacity(), 30'000U) << "grows again";
  }
}

TYPED_TEST(FixedPools, ShrinkOfAPoolNeverUsedChangesNothing) {
  auto pool = this->make({.capacity = 5000, .capacity_max = 6000});
  EXPECT_EQ(pool.trim(), 0U);
  this->expect_counts(pool, 5000, 0);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ShrinkLeavesLiveBlocksUntouched) {
  std::mt19937_64 random{3};
  for (const std::uint64_t one_in : {2U, 100U, 3000U}) {
    auto pool = this->make({.capacity = kLarge / 10, .capacity_max = kLarge});
    std::byte *lowest = nullptr, *end = nullptr;
    std::vector<typename TypeParam::Given> live, dead;
    for (const auto block : this->take_and_touch(pool, lowest, end)) {
      (random() % one_in == 0 ? live : dead).push_back(block);
    }
    this->give_back(pool, dead);
    const std::size_t given = pool.trim();
    if (one_in == 3000) {
      EXPECT_GE(given + (3 * live.size() + 2) * os::page_bytes(), kLarge * kItemBytes)
          << "only the pages of groups with live blocks may stay";
    }
    EXPECT_EQ(pool.in_use(), live.size());
    EXPECT_EQ(pool.available(), pool.capacity() - live.size());
    EXPECT_EQ(pool.trim(), 0U);
    for (const auto block : live) {
      EXPECT_TRUE(pool.owns(this->address(block)));
      ASSERT_TRUE(holds_pattern(this->address(block), kItemBytes, address_of(this->address(block))));
    }
    const auto again = this->take_and_touch(pool, lowest, end);
    EXPECT_EQ(again.size() + live.size(), kLarge);
    for (const auto block : live)
      ASSERT_TRUE(holds_pattern(this->address(block), kItemBytes, address_of(this->address(block))));
    std::vector<typename TypeParam::Given> all{again};
    all.insert(all.end(), live.begin(), live.end());
    this->expect_apart(all);
    pool.deallocate_many(std::span{std::as_const(all)});
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(pool.available(), pool.capacity());
  }
}

TYPED_TEST(FixedPools, BlocksFreedAfterAShrinkAreGivenBackByTheNext) {
  auto pool = this->make({.capacity = kLarge});
  std::byte *lowest = nullptr, *end = nullptr;
  auto blocks = this->take_and_touch(pool, lowest, end);
  std::sort(blocks.begin(), blocks.end(),
            [](auto a, auto b) { return TypeParam::address(a) < TypeParam::address(b); });
  std::size_t given = 0;
  for (std::size_t from = 0; from < kLarge; from += kLarge / 10) {
    pool.deallocate_many(std::span{std::as_const(blocks)}.subspan(from, kLarge / 10));
    given += pool.trim();
    const std::size_t left = resident_bytes(lowest, end);
    EXPECT_LE(left, (kLarge - from - kLarge / 10) * kItemBytes + 40 * os::page_bytes());
  }
  EXPECT_GE(given + 40 * os::page_bytes(), kLarge * kItemBytes);
  EXPECT_LE(given, kLarge * kItemBytes + 2 * os::page_bytes()) << "a page counts once";
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ADoubleFreeOfABlockWhosePageIsGoneIsRefused) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  auto pool = this->make({.capacity = 100, .capacity_max = 10'000});
  const auto blocks = this->take_all(pool);
  const auto live = blocks[5000];
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 5000) pool.deallocate(blocks[i]);
  }
  EXPECT_GT(pool.trim(), 0U);
  const std::size_t capacity = pool.capacity();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i == 5000) continue;
    const bool owned = pool.owns(this->address(blocks[i]));
    ASSERT_EQ(pool.try_deallocate(blocks[i]).error(),
              owned ? AllocError::double_free : AllocError::foreign_block);
  }
  this->expect_counts(pool, capacity, 1);
  pool.deallocate(live);
  EXPECT_EQ(pool.try_deallocate(live).error(), AllocError::double_free);
  pool.trim();
  for (const auto block : blocks) ASSERT_FALSE(pool.try_deallocate(block));
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, GrowAfterShrinkAddsExactlySoMany) {
  auto pool = this->make({.capacity = 100, .capacity_max = 10'000});
  for (int round = 0; round < 5; ++round) {
    this->give_back(pool, this->take_all(pool));
    pool.trim();
    const std::size_t before = pool.capacity();
    EXPECT_EQ(pool.grow(77).value(), before + 77);
    std::vector<typename TypeParam::Given> out(before + 77);
    EXPECT_EQ(pool.try_allocate_many(out), before + 77);
    EXPECT_EQ(pool.capacity(), before + 77) << "cold blocks come before new ones";
    this->expect_apart(out);
    pool.deallocate_many(std::span{std::as_const(out)});
    EXPECT_EQ(pool.grow(10'001 - before - 77).error(), AllocError::limit_reached);
    EXPECT_EQ(pool.grow(10'000 - before - 77).value(), 10'000U);
  }
  this->expect_unharmed(pool);
}

// Some blocks live, pages go and come, at random; every count and byte is checked against a vector.
TYPED_TEST(FixedPools, ShrinkingAtRandomLosesNothing) {
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    std::mt19937_64 random{seed};
    auto pool = this->make({.capacity = 1 + random() % 2000, .capacity_max = 8000});
    std::vector<typename TypeParam::Given> held;
    for (int round = 0; round < 150; ++round) {
      const std::size_t target = random() % 3 == 0 ? random() % 100 : random() % 8001;
      while (held.size() < target) {
        held.push_back(pool.allocate());
        std::byte* const start = this->address(held.back());
        fill_pattern(start, kItemBytes, address_of(start));
      }
      if (random() % 2 == 0) {
        std::shuffle(held.begin(), held.end(), random);
      } else {
        std::sort(held.begin(), held.end(),
                  [](auto a, auto b) { return TypeParam::address(a) < TypeParam::address(b); });
      }
      while (held.size() > target) {
        std::byte* const start = this->address(held.back());
        ASSERT_TRUE(holds_pattern(start, kItemBytes, address_of(start))) << seed << ", round " << round;
        pool.deallocate(held.back());
        held.pop_back();
      }
      if (random() % 2 == 0) pool.trim();
      if (random() % 4 == 0) static_cast<void>(pool.grow(random() % 500));
      ASSERT_EQ(pool.in_use(), held.size());
      ASSERT_LE(pool.capacity(), 8000U);
      const PoolStats stats = pool.stats();
      ASSERT_LE(stats.bytes_committed, stats.bytes_reserved);
      ASSERT_EQ(stats.allocations - stats.deallocations, held.size());
    }
    this->expect_apart(held);
    this->give_back(pool, held);
    this->expect_unharmed(pool);
  }
}

}  // namespace cenote::test
