/// What happens when the system refuses memory: from its first call on, then from its second on, until a run
/// asks for no more.
#include "conformance/fixed_subjects.hpp"
#include "support/fake_memory.hpp"
#include "support/resident.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);

namespace {

/// Grows, fills, empties and shrinks a pool; whatever is refused, it must stay whole and all blocks must keep
/// their bytes.
template <class Subject, class Pool>
void run_workload(Pool& pool, std::size_t most) {
  std::vector<typename Subject::Given> held;
  const auto note = [&](typename Subject::Given block) {
    std::byte* const start = Subject::address(block);
    fill_pattern(start, kItemBytes, address_of(start));
    held.push_back(block);
  };
  for (int round = 0; round < 2; ++round) {
    const std::size_t before = pool.capacity();
    if (const auto grown = pool.grow(most / 8); grown) {
      EXPECT_EQ(*grown, before + most / 8);
    } else {
      EXPECT_EQ(grown.error(), AllocError::out_of_memory);
      EXPECT_EQ(pool.capacity(), before) << "or nothing has changed";
    }
    for (;;) {
      const auto block = pool.try_allocate();
      if (block) {
        note(*block);
        continue;
      }
      EXPECT_EQ(block.error(), held.size() == most ? AllocError::exhausted : AllocError::out_of_memory);
      EXPECT_EQ(held.size(), pool.capacity()) << "while a block is free there is one";
      break;
    }
    std::vector<typename Subject::Given> out(10);
    const std::size_t got = pool.try_allocate_many(out);
    EXPECT_EQ(got, 0U);
    for (std::size_t i = 0; i < held.size(); ++i) {
      std::byte* const start = Subject::address(held[i]);
      ASSERT_TRUE(holds_pattern(start, kItemBytes, address_of(start)));
      if (i % 1000 != 1) pool.deallocate(held[i]);
    }
    pool.trim();
    for (std::size_t i = 1; i < held.size(); i += 1000) {
      std::byte* const start = Subject::address(held[i]);
      ASSERT_TRUE(holds_pattern(start, kItemBytes, address_of(start)));
      pool.deallocate(held[i]);
    }
    pool.trim();
    held.clear();
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(pool.available(), pool.capacity());
  }
}

}  // namespace

TYPED_TEST(FixedPools, SurvivesWhateverCallTheSystemRefuses) {
  constexpr std::size_t kAsked = 700, kMost = 6000;
  for (const bool prefault : {false, true}) {
    bool fired = true;
    for (std::size_t n = 0; fired; ++n) {
      ASSERT_LT(n, 500U) << "the workload asks without end";
      FakeMemory memory;
      memory.fail_after(n);
      {
        auto pool = TypeParam::Pool::create(
            TypeParam::sized({.capacity = kAsked, .capacity_max = kMost, .prefault = prefault}), memory);
        if (!pool) {
          EXPECT_EQ(pool.error(), AllocError::out_of_memory);
          EXPECT_EQ(memory.held(), 0U) << "left behind at call " << n;
          continue;
        }
        run_workload<TypeParam>(*pool, kMost);
        EXPECT_GE(pool->capacity(), kAsked);
        fired = memory.fired();
        memory.reset();
        this->expect_unharmed(*pool);
        EXPECT_EQ(pool->capacity(), kMost) << "all is well again";
      }
      EXPECT_EQ(memory.held(), 0U) << "left behind at call " << n;
    }
  }
}

TYPED_TEST(FixedPools, AShrinkThatTheSystemRefusesGivesNothingAndLosesNothing) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  FakeMemory memory;
  memory.refuse_purge = true;
  auto pool = this->make({.capacity = 10'000}, memory);
  this->give_back(pool, this->take_all(pool));
  EXPECT_EQ(pool.trim(), 0U);
  this->expect_unharmed(pool);
  memory.refuse_purge = false;
  this->give_back(pool, this->take_all(pool));
  EXPECT_GT(pool.trim(), 400'000U);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, AGrowthThatTheSystemRefusesChangesNothing) {
  FakeMemory memory;
  auto pool = this->make({.capacity = 10, .capacity_max = 100'000}, memory);
  memory.refuse_commit = true;
  EXPECT_EQ(pool.grow(90'000).error(), AllocError::out_of_memory);
  this->expect_counts(pool, 10, 0);
  EXPECT_EQ(pool.stats().grows, 0U);
  const auto blocks = this->take(pool, 10);
  const auto more = pool.try_allocate();
  EXPECT_EQ(more.error(), AllocError::out_of_memory);
  EXPECT_THROW(static_cast<void>(pool.allocate()), AllocFailure);
  memory.refuse_commit = false;
  pool.deallocate(pool.allocate());
  this->give_back(pool, blocks);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ReservesOnceAndReleasesAll) {
  FakeMemory memory;
  {
    auto pool = this->make({.capacity = 10, .capacity_max = 10'000}, memory);
    for (int i = 0; i < 3; ++i) {
      this->give_back(pool, this->take_all(pool));
      pool.trim();
    }
    auto moved = std::move(pool);
    this->give_back(moved, this->take_all(moved));
    EXPECT_EQ(memory.calls.reserve + memory.calls.map, 1U);
    EXPECT_EQ(memory.held(), 1U);
  }
  EXPECT_EQ(memory.held(), 0U);
  EXPECT_EQ(memory.calls.release, 1U);
}

}  // namespace cenote::test
