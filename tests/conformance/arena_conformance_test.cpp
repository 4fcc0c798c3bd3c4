// What every arena promises, of all kinds on several upstreams.
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>
#include <cenote/detail/bits.hpp>

#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

// Room for all that a test takes.
constexpr std::size_t kRoom = 64 * kMiB;

struct Fixed {
  FixedArena arena{kRoom};
};
struct FixedBorrowed {
  std::vector<std::byte> storage{std::vector<std::byte>(kRoom)};
  FixedArena arena{Block{storage}.subspan(5)};
};
struct Growing {
  Arena arena{};
};
struct GrowingByCrumbs {
  Arena arena{{.chunk_bytes = 1}};
};
struct GrowingByHugePages {
  Arena arena{{.chunk_bytes = 4 * kMiB, .pages = PageKind::transparent_huge}};
};
struct Limited {
  Arena arena{{.limit_bytes = kRoom}};
};
struct OnBuddies {
  BuddyAllocator upstream{{.bytes = 4 * kRoom}};
  Arena arena{{}, upstream};
};
struct OnAHeap {
  Heap upstream{{.name = "upstream"}};
  Arena arena{{}, upstream};
};
struct Concurrent {
  ConcurrentArena arena{};
};
struct ConcurrentLimited {
  ConcurrentArena arena{{.chunk_bytes = 4096, .limit_bytes = kRoom}};
};

template <class Subject>
class ArenaConformance : public testing::Test {
 protected:
  Subject subject;
  decltype(subject.arena)& arena = subject.arena;
};
using Subjects = testing::Types<Fixed, FixedBorrowed, Growing, GrowingByCrumbs, GrowingByHugePages, Limited,
                                OnBuddies, OnAHeap, Concurrent, ConcurrentLimited>;
TYPED_TEST_SUITE(ArenaConformance, Subjects);

TYPED_TEST(ArenaConformance, BlocksAreAlignedToSixteenByDefault) {
  for (const std::size_t size : edge_sizes(256 * kKiB))
    EXPECT_TRUE(is_aligned(this->arena.allocate(size), 16)) << size;
}

TYPED_TEST(ArenaConformance, EveryPowerOfTwoUpTo2MiBIsServedAsAlignment) {
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{24}, alignment, 70 * kKiB}) {
      EXPECT_TRUE(is_aligned(this->arena.allocate(size, alignment), alignment))
          << size << " at " << alignment;
    }
  }
}

TYPED_TEST(ArenaConformance, WhatMakesNoSenseIsATypedErrorAndTakesNothing) {
  static_cast<void>(this->arena.allocate(1));
  const std::size_t used = this->arena.used();
  EXPECT_EQ(this->arena.try_allocate(0).error(), AllocError::zero_size);
  for (const std::size_t size : {top_power(), kLargestSize - 4096, kLargestSize - 1, kLargestSize}) {
    for (const std::size_t alignment : {1U, 16U, 4096U})
      EXPECT_EQ(this->arena.try_allocate(size, alignment).error(), AllocError::too_large) << size;
  }
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{24}, kLargestSize, top_power(1)})
    EXPECT_EQ(this->arena.try_allocate(64, alignment).error(), AllocError::bad_alignment) << alignment;
  EXPECT_THROW(static_cast<void>(this->arena.allocate(0)), AllocFailure);
  EXPECT_EQ(this->arena.used(), used);
  EXPECT_GE(this->arena.stats().failures, 19U);
}

TYPED_TEST(ArenaConformance, NoBlockOverlapsAnother) {
  std::vector<std::byte*> blocks;
  const std::vector<std::size_t> sizes = edge_sizes(256 * kKiB);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    blocks.push_back(static_cast<std::byte*>(this->arena.allocate(sizes[i], std::size_t{1} << i % 8)));
    fill_pattern(blocks[i], sizes[i], i);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(holds_pattern(blocks[i], sizes[i], i));
    EXPECT_TRUE(this->arena.owns(blocks[i]) && this->arena.owns(blocks[i] + sizes[i] - 1));
  }
}

TYPED_TEST(ArenaConformance, BlocksOfOneSizeFollowEachOtherWithoutAGap) {
  auto* before = static_cast<std::byte*>(this->arena.allocate(48));
  std::size_t gaps = 0;
  for (int i = 1; i < 1000; ++i) {
    auto* const block = static_cast<std::byte*>(this->arena.allocate(48));
    gaps += block == before + 48 ? 0 : 1;
    before = block;
  }
  EXPECT_LE(gaps, this->arena.stats().chunks);
  EXPECT_EQ(this->arena.used() % 48, this->arena.used() - 48'000) << "the gap before the first at most";
}

TYPED_TEST(ArenaConformance, AResetTakesAllBackAndTheSameFitsAgain) {
  const auto fill = [this] {
    for (const std::size_t size : edge_sizes(256 * kKiB)) static_cast<void>(this->arena.allocate(size));
    return this->arena.used();
  };
  const std::size_t used = fill();
  const std::size_t committed = this->arena.stats().bytes_committed;
  for (const Scrub scrub : {Scrub::none, Scrub::zero, Scrub::decommit}) {
    this->arena.reset(scrub);
    EXPECT_EQ(this->arena.used(), 0U);
    EXPECT_EQ(fill(), used);
    EXPECT_EQ(this->arena.stats().bytes_committed, committed) << "nothing more was asked for";
    EXPECT_EQ(this->arena.stats().peak_used, used);
  }
}

TYPED_TEST(ArenaConformance, AfterAScrubEveryByteIsZero) {
  for (const Scrub scrub : {Scrub::zero, Scrub::decommit}) {
    for (const std::size_t size : {100'000U, 5'000U, 400'000U, 30U})
      std::memset(this->arena.allocate(size), 0xa5, size);
    this->arena.reset(scrub);
    for (const std::size_t size : {30U, 400'000U, 5'000U, 100'000U})
      EXPECT_TRUE(is_zero(this->arena.allocate(size, 1), size)) << size;
    this->arena.reset();
  }
}

}  // namespace
}  // namespace cenote::test
