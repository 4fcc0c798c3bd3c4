/// Every block of a pool is there, is there once, and comes back.
#include <numeric>

#include "conformance/fixed_subjects.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);
TYPED_TEST_SUITE(EqualBlocks, AllEqualBlocks, FixedPoolNames);

TYPED_TEST(EqualBlocks, CountsEachBlockOutAndBack) {
  for (const std::size_t capacity : {1U, 2U, 3U, 10U, 63U, 64U, 65U, 127U, 128U, 129U, 1000U}) {
    auto pool = this->make({.capacity = capacity});
    this->expect_counts(pool, capacity, 0);
    std::vector<typename TypeParam::Given> blocks;
    for (std::size_t i = 0; i < capacity; ++i) {
      blocks.push_back(pool.allocate());
      this->expect_counts(pool, capacity, i + 1);
    }
    for (std::size_t i = 0; i < capacity; ++i) {
      pool.deallocate(blocks[i]);
      this->expect_counts(pool, capacity, capacity - i - 1);
    }
  }
}

TYPED_TEST(EqualBlocks, IsExhaustedExactlyWhenEveryBlockIsInUse) {
  for (const std::size_t capacity : {1U, 2U, 64U, 65U, 777U}) {
    auto pool = this->make({.capacity = capacity});
    for (int round = 0; round < 3; ++round) {
      const auto blocks = this->take_all(pool);
      ASSERT_EQ(blocks.size(), capacity);
      EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
      try {
        static_cast<void>(pool.allocate());
        FAIL() << "gave a block that it does not have";
      } catch (const AllocFailure& failure) {
        EXPECT_EQ(failure.error(), AllocError::exhausted);
      }
      this->expect_counts(pool, capacity, capacity);
      pool.deallocate(blocks[capacity / 2]);
      EXPECT_EQ(this->address(pool.allocate()), this->address(blocks[capacity / 2]));
      EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
      this->give_back(pool, blocks);
      this->expect_counts(pool, capacity, 0);
    }
  }
}

TYPED_TEST(EqualBlocks, BlocksAreApartAndKeepTheirBytes) {
  auto pool = this->make({.capacity = 1000});
  const auto blocks = this->take_all(pool);
  this->expect_apart(blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(address_of(this->address(blocks[i])) % alignof(Item), 0U);
    fill_pattern(this->address(blocks[i]), kItemBytes, i);
  }
  for (std::size_t i = 1; i < blocks.size(); i += 2) pool.deallocate(blocks[i]);
  for (std::size_t i = 1; i < blocks.size(); i += 2) {
    fill_pattern(this->address(pool.allocate()), kItemBytes, 9999);
  }
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    ASSERT_TRUE(holds_pattern(this->address(blocks[i]), kItemBytes, i)) << i;
  }
  this->give_back(pool, blocks);
}

TYPED_TEST(FixedPools, GivesBlocksOutInTheReverseOrderOfTheirReturn) {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 64U, 65U, 130U, 500U, 5000U}) {
    if (count > this->kOrderKept) continue;
    auto pool = this->make({.capacity = 5000});
    const auto blocks = this->take(pool, count);
    this->give_back(pool, blocks);
    for (std::size_t i = count; i-- > 0;) {
      ASSERT_EQ(this->address(pool.allocate()), this->address(blocks[i])) << i << " of " << count;
    }
    this->give_back(pool, blocks);
  }
}

TYPED_TEST(FixedPools, TheBlockGivenBackLastIsGivenOutNext) {
  auto pool = this->make({.capacity = 3000});
  std::mt19937_64 random{7};
  std::vector<typename TypeParam::Given> held = this->take(pool, 1500);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t victim = random() % held.size();
    pool.deallocate(held[victim]);
    if (random() % 2 == 0) {  // deeper and shallower too
      const auto again = pool.allocate();
      ASSERT_EQ(this->address(again), this->address(held[victim]));
    } else {
      held[victim] = held.back();
      held.pop_back();
      while (held.size() < 1000) held.push_back(pool.allocate());
    }
  }
  this->give_back(pool, held);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, ManyAtOnceAreAllThatIsToBeHad) {
  for (const std::size_t capacity : {1U, 64U, 100U, 1000U}) {
    auto pool = this->make({.capacity = capacity});
    std::vector<typename TypeParam::Given> out(2 * capacity + 3);
    EXPECT_EQ(pool.try_allocate_many(std::span{out}.first(0)), 0U);
    for (const std::size_t before : {std::size_t{0}, capacity / 2, capacity}) {
      const auto some = this->take(pool, before);
      const std::size_t got = pool.try_allocate_many(out);
      ASSERT_EQ(got, capacity - before);
      EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
      EXPECT_EQ(pool.try_allocate_many(out), 0U) << "and the array keeps what it held";
      std::vector<typename TypeParam::Given> all{some};
      all.insert(all.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(got));
      this->expect_apart(all);
      pool.deallocate_many(std::span{all});
      this->expect_counts(pool, capacity, 0);
    }
  }
}

TYPED_TEST(FixedPools, ManyAtOnceTouchOnlyThePlacesTheyFill) {
  auto pool = this->make({.capacity = 10});
  const auto mark = this->at(&pool);
  std::vector<typename TypeParam::Given> out(20, mark);
  ASSERT_EQ(pool.try_allocate_many(std::span{out}.first(4)), 4U);
  ASSERT_EQ(pool.try_allocate_many(std::span{out}.subspan(4)), 6U);
  for (std::size_t i = 10; i < 20; ++i) EXPECT_EQ(this->address(out[i]), this->address(mark));
  out.resize(10);
  pool.deallocate_many(std::span{out});
}

TYPED_TEST(FixedPools, OfManyGivenBackTheLastIsGivenOutNext) {
  auto pool = this->make({.capacity = 500});
  for (const std::size_t count : {1U, 2U, 100U, 400U}) {
    const auto blocks = this->take(pool, count);
    pool.deallocate_many(std::span{blocks});
    for (std::size_t i = count; i-- > 0;) {
      ASSERT_EQ(this->address(pool.allocate()), this->address(blocks[i])) << i << " of " << count;
    }
    pool.deallocate_many(std::span{blocks});
  }
}

TYPED_TEST(FixedPools, NothingAmongManyIsPassedOver) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 100});
  auto blocks = this->take(pool, 50);
  blocks.insert(blocks.begin(), this->at(nullptr));
  blocks.insert(blocks.begin() + 20, this->at(nullptr));
  blocks.push_back(this->at(nullptr));
  pool.deallocate_many(std::span{blocks});
  this->expect_counts(pool, 100, 0);
  EXPECT_TRUE(recorder.take().empty());
  pool.deallocate_many(std::span{blocks}.first(0));
}

TYPED_TEST(FixedPools, WrongOnesAmongManyAreReportedAndTheOthersTaken) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 100, .name = "many"});
  auto blocks = this->take(pool, 10);
  Item foreign{};
  std::vector<typename TypeParam::Given> given{this->at(&foreign), blocks[0],
                                               blocks[1],          blocks[0],
                                               this->at(nullptr),  this->at(this->address(blocks[2]) + 8),
                                               blocks[2],          blocks[3]};
  pool.deallocate_many(std::span{given});
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].error, AllocError::foreign_block);
  EXPECT_EQ(records[0].address, &foreign);
  EXPECT_EQ(records[1].error, AllocError::double_free);
  EXPECT_EQ(records[1].address, this->address(blocks[0]));
  EXPECT_EQ(records[2].error, AllocError::foreign_block);
  EXPECT_EQ(records[2].address, this->address(blocks[2]) + 8);
  EXPECT_EQ(records[2].pool, "many");
  this->expect_counts(pool, 100, 6);
  pool.deallocate_many(std::span{blocks}.subspan(4));
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, EveryAlignmentUpToTwoMebibytesIsServed) {
  for (std::size_t alignment = 1; alignment <= std::size_t{2} << 20; alignment *= 2) {
    auto pool = this->make({.capacity = 5, .alignment = alignment});
    const auto blocks = this->take_all(pool);
    ASSERT_EQ(blocks.size(), 5U) << alignment;
    this->expect_apart(blocks);
    EXPECT_EQ(pool.alignment() % alignment, 0U);
    for (const auto block : blocks) {
      EXPECT_EQ(address_of(this->address(block)) % alignment, 0U) << alignment;
      fill_pattern(this->address(block), kItemBytes, alignment);
    }
    this->give_back(pool, blocks);
    this->expect_counts(pool, 5, 0);
  }
}

TYPED_TEST(FixedPools, CacheLineAlignmentKeepsNeighboursApart) {
  auto pool = this->make({.capacity = 100, .alignment = cache_line});
  std::vector<std::uintptr_t> lines;
  for (const auto block : this->take_all(pool)) {
    for (std::size_t offset : {std::size_t{0}, kItemBytes - 1}) {
      lines.push_back((address_of(this->address(block)) + offset) / cache_line);
    }
    EXPECT_EQ(lines[lines.size() - 2], lines.back()) << "a block that fits a line lies in one";
    pool.deallocate(block);
  }
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(std::unique(lines.begin(), lines.end()) - lines.begin(), 100);
}

TYPED_TEST(FixedPools, OwnsEveryByteOfItsBlocksAndNoOther) {
  auto pool = this->make({.capacity = 50});
  auto other = this->make({.capacity = 50});
  const auto blocks = this->take_all(pool);
  const auto [lowest, highest] = std::minmax_element(blocks.begin(), blocks.end(), [](auto a, auto b) {
    return TypeParam::address(a) < TypeParam::address(b);
  });
  for (const auto block : blocks) {
    for (std::size_t offset = 0; offset < kItemBytes; ++offset) {
      EXPECT_TRUE(pool.owns(this->address(block) + offset));
      EXPECT_FALSE(other.owns(this->address(block) + offset));
    }
  }
  EXPECT_FALSE(pool.owns(this->address(*lowest) - 1));
  EXPECT_FALSE(pool.owns(this->address(*highest) + kItemBytes));
  EXPECT_FALSE(pool.owns(nullptr));
  EXPECT_FALSE(pool.owns(&pool));
  this->give_back(pool, blocks);
  EXPECT_TRUE(pool.owns(this->address(blocks[7]))) << "in use or not";
}

TYPED_TEST(FixedPools, AMovedPoolIsTheSamePool) {
  auto first = this->make({.capacity = 20, .capacity_max = 40, .name = "traveller"});
  const auto blocks = this->take(first, 10);
  fill_pattern(this->address(blocks[3]), kItemBytes, 3);
  typename TypeParam::Pool second{std::move(first)};
  this->expect_counts(second, 20, 10);
  EXPECT_TRUE(holds_pattern(this->address(blocks[3]), kItemBytes, 3));
  auto third = this->make({.capacity = 5});
  third = std::move(second);
  this->expect_counts(third, 20, 10);
  for (const auto block : blocks) EXPECT_TRUE(third.owns(this->address(block)));
  this->give_back(third, blocks);
  this->expect_unharmed(third);
  auto& self = third;
  third = std::move(self);
  this->expect_unharmed(third);
}

TYPED_TEST(EqualBlocks, ComeAndGoAtRandomAndKeepTheirBytes) {
  std::mt19937_64 random{11};
  auto pool = this->make({.capacity = 777});
  std::vector<typename TypeParam::Given> held;
  for (int step = 0; step < 50'000; ++step) {
    const bool filling = step / 2000 % 2 == 0;
    if (random() % 10 < (filling ? 8U : 2U)) {
      const auto block = pool.try_allocate();
      ASSERT_EQ(block.has_value(), held.size() < 777) << step;
      if (!block) continue;
      held.push_back(*block);
      std::byte* const start = this->address(*block);
      fill_pattern(start, kItemBytes, address_of(start));
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      std::byte* const start = this->address(held.back());
      ASSERT_TRUE(holds_pattern(start, kItemBytes, address_of(start))) << step;
      pool.deallocate(held.back());
      held.pop_back();
    }
    ASSERT_EQ(pool.in_use(), held.size());
  }
  this->give_back(pool, held);
  this->expect_unharmed(pool);
}

// 200,000 calls at random against a vector of what must be out and a stack of what must come next.
TYPED_TEST(FixedPools, BehavesAsASimpleModelDoes) {
  for (const std::uint64_t seed : {1U, 2U}) {
    std::mt19937_64 random{seed};
    const std::size_t asked = 1 + random() % 700;
    const bool grows = seed % 2 == 0;
    const std::size_t most = grows ? asked + random() % 2000 : asked;
    auto pool = this->make({.capacity = asked, .capacity_max = grows ? most : 0});
    std::vector<typename TypeParam::Given> held;
    std::vector<std::byte*> returned;  // since the last call that may reorder: shrink
    std::uint64_t allocations = 0, failures = 0;
    const auto note_out = [&](typename TypeParam::Given block) {
      ++allocations;
      if (!returned.empty()) {
        ASSERT_EQ(this->address(block), returned.back());
        returned.pop_back();
      }
      fill_pattern(this->address(block), kItemBytes, address_of(this->address(block)));
      held.push_back(block);
    };
    const auto let_go = [&](std::size_t i) {
      const auto block = held[i];
      held[i] = held.back();
      held.pop_back();
      ASSERT_TRUE(holds_pattern(this->address(block), kItemBytes, address_of(this->address(block))));
      if (returned.size() == this->kOrderKept) returned.erase(returned.begin());
      returned.push_back(this->address(block));
    };
    for (int step = 0; step < 100'000; ++step) {
      const std::uint64_t phase = step / 5000 % 2;  // filling, then draining
      const std::uint64_t kind = random() % 1000;
      if (kind < (phase == 0 ? 600 : 350)) {
        const auto block = pool.try_allocate();
        ASSERT_EQ(block.has_value(), held.size() < most) << "seed " << seed << " step " << step;
        block ? note_out(*block) : void(++failures);
      } else if (kind < 940) {
        if (held.empty()) continue;
        const std::size_t i = random() % held.size();
        const auto block = held[i];
        let_go(i);
        pool.deallocate(block);
      } else if (kind < 970) {
        std::vector<typename TypeParam::Given> out(random() % 200);
        const std::size_t got = pool.try_allocate_many(out);
        ASSERT_EQ(got, std::min(out.size(), most - held.size())) << "seed " << seed << " step " << step;
        failures += got < out.size();
        for (std::size_t i = 0; i < got; ++i) note_out(out[i]);
      } else if (kind < 995) {
        std::vector<typename TypeParam::Given> back;
        for (std::size_t n = random() % 200; n > 0 && !held.empty(); --n) {
          const std::size_t i = random() % held.size();
          back.push_back(held[i]);
          let_go(i);
        }
        pool.deallocate_many(std::span{std::as_const(back)});
      } else if (kind < 998) {
        const std::size_t before = pool.capacity(), more = random() % 300;
        const auto grown = pool.grow(more);
        ASSERT_EQ(grown.has_value(), more <= most - before) << "seed " << seed << " step " << step;
        ASSERT_EQ(pool.capacity(), grown ? before + more : before);
        ASSERT_TRUE(grown || grown.error() == AllocError::limit_reached);
      } else {
        const std::size_t before = pool.capacity();
        pool.trim();
        returned.clear();
        ASSERT_LE(pool.capacity(), before);
        ASSERT_GE(pool.capacity(), asked);
      }
      ASSERT_EQ(pool.in_use(), held.size());
      ASSERT_EQ(pool.available(), pool.capacity() - held.size());
      ASSERT_LE(pool.capacity(), most);
    }
    const PoolStats stats = pool.stats();
    EXPECT_EQ(stats.allocations, allocations);
    EXPECT_EQ(stats.deallocations, allocations - held.size());
    EXPECT_EQ(stats.failures, failures);
    this->expect_apart(held);
    this->give_back(pool, held);
    this->expect_unharmed(pool);
  }
}

}  // namespace cenote::test
