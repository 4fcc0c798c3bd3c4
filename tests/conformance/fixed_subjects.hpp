/// The pools of equal blocks that the conformance suites run on: FixedPool and BlockPool, each with every
/// policy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/fixed_pool.hpp>

#include "support/pattern.hpp"
#include "support/sampled_types.hpp"

#if defined(__wasi__)
#include "conformance/wasi/core_pool.hpp"
#endif

namespace cenote::test {

inline constexpr std::size_t kItemBytes = 48;
struct Item {
  std::uint64_t words[kItemBytes / 8];
};

template <class S>
struct Objects {
  using Sync = S;
  using Pool = FixedPool<Item, Sync>;
  using Given = Item*;

  static PoolOptions sized(PoolOptions options) { return options; }
  static Item* at(void* address) { return static_cast<Item*>(address); }
  static std::byte* address(Item* block) { return reinterpret_cast<std::byte*>(block); }
};

template <class S>
struct Blocks {
  using Sync = S;
  using Pool = BlockPool<Sync>;
  using Given = Block;

  static PoolOptions sized(PoolOptions options) {
    options.block_size = kItemBytes;
    return options;
  }
  static Block at(void* address) { return {static_cast<std::byte*>(address), kItemBytes}; }
  static std::byte* address(Block block) { return block.data(); }
};

/// What every pool of equal blocks promises. All subjects' blocks lie kItemBytes apart.
template <class Subject>
class FixedPools : public testing::Test {
 protected:
  using Pool = typename Subject::Pool;
  using Given = typename Subject::Given;
  using Sync = typename Subject::Sync;
  static constexpr bool kPeakIsExact = std::is_same_v<Sync, SingleThread> || std::is_same_v<Sync, Locked>;

  /// Of how many blocks given back the order is kept: all, but ThreadCached sorts what it has kept for long.
  static constexpr std::size_t kOrderKept = std::is_same_v<Sync, ThreadCached> ? 500 : 1'000'000;

  static Pool make(const PoolOptions& options, os::Memory& memory = os::g_system_memory) {
    return Pool{Subject::sized(options), memory};
  }
  static std::byte* address(Given block) { return Subject::address(block); }
  static Given at(void* address) { return Subject::at(address); }

  /// Takes blocks until there are none.
  static std::vector<Given> take_all(Pool& pool) {
    std::vector<Given> blocks;
    for (;;) {
      const auto block = pool.try_allocate();
      if (!block) {
        EXPECT_EQ(block.error(), AllocError::exhausted);
        return blocks;
      }
      blocks.push_back(*block);
    }
  }
  /// The same, each filled with the pattern of its address; the lowest and the highest byte are told.
  static std::vector<Given> take_and_touch(Pool& pool, std::byte*& lowest, std::byte*& end) {
    std::vector<Given> blocks = take_all(pool);
    lowest = end = address(blocks[0]);
    for (const Given block : blocks) {
      std::byte* const start = address(block);
      fill_pattern(start, kItemBytes, address_of(start));
      lowest = std::min(lowest, start);
      end = std::max(end, start + kItemBytes);
    }
    return blocks;
  }
  static std::vector<Given> take(Pool& pool, std::size_t count) {
    std::vector<Given> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(pool.allocate());
    return blocks;
  }
  static void give_back(Pool& pool, const std::vector<Given>& blocks) {
    for (const Given block : blocks) pool.deallocate(block);
  }

  static void expect_counts(const Pool& pool, std::size_t capacity, std::size_t in_use) {
    EXPECT_EQ(pool.capacity(), capacity);
    EXPECT_EQ(pool.in_use(), in_use);
    EXPECT_EQ(pool.available(), capacity - in_use);
  }
  static void expect_apart(const std::vector<Given>& blocks) {
    std::vector<std::byte*> starts;
    for (const Given block : blocks) starts.push_back(address(block));
    std::sort(starts.begin(), starts.end());
    for (std::size_t i = 1; i < starts.size(); ++i) {
      ASSERT_GE(static_cast<std::size_t>(starts[i] - starts[i - 1]), kItemBytes) << "blocks overlap";
    }
  }
  /// Every block is there once, whole, and comes back; `in_use` others stay out.
  static void expect_unharmed(Pool& pool, std::size_t in_use = 0) {
    const std::size_t capacity = pool.capacity();
    EXPECT_EQ(pool.in_use(), in_use);
    const std::vector<Given> blocks = take_all(pool);
    EXPECT_GE(blocks.size(), capacity - in_use);
    EXPECT_EQ(blocks.size(), pool.capacity() - in_use);
    expect_apart(blocks);
    for (const Given block : blocks) EXPECT_TRUE(pool.owns(address(block)));
    give_back(pool, blocks);
    EXPECT_EQ(pool.in_use(), in_use);
    EXPECT_EQ(pool.available(), pool.capacity() - in_use);
  }
};

/// Each policy, and each kind of pool.
using AllFixedPools = SampledTypes<
    testing::Types<Objects<SingleThread>, Blocks<Locked>, Blocks<LockFree>, Objects<ThreadCached>>,
    testing::Types<Blocks<SingleThread>, Objects<Locked>, Objects<LockFree>, Blocks<ThreadCached>>>;

#if defined(__wasi__)
/// The JavaScript package's.
struct CoreBlocks {
  using Sync = void;
  using Pool = CorePool;
  using Given = std::byte*;

  static PoolOptions sized(PoolOptions options) { return options; }
  static std::byte* at(void* address) { return static_cast<std::byte*>(address); }
  static std::byte* address(std::byte* block) { return block; }
};

using AllEqualBlocks = typename Sampled<true, AllFixedPools, testing::Types<CoreBlocks>>::Types;
#else
using AllEqualBlocks = AllFixedPools;
#endif

/// What the JavaScript package's pool promises too.
template <class Subject>
class EqualBlocks : public FixedPools<Subject> {};

struct FixedPoolNames {
  template <class Subject>
  static std::string GetName(int) {
    using Sync = typename Subject::Sync;
    if constexpr (std::is_void_v<Sync>) return "JavaScript";
    const bool objects = std::is_pointer_v<typename Subject::Given>;
    const char* const sync = std::is_same_v<Sync, SingleThread> ? "SingleThread"
                             : std::is_same_v<Sync, Locked>     ? "Locked"
                             : std::is_same_v<Sync, LockFree>   ? "LockFree"
                                                                : "ThreadCached";
    return std::string{objects ? "FixedPool" : "BlockPool"} + sync;
  }
};

}  // namespace cenote::test
