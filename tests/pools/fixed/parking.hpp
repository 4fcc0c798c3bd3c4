/// Blocks that threads' caches keep, and the count of all that come home.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/fixed_pool.hpp>

namespace cenote::test {

using Pool = FixedPool<std::uint64_t, ThreadCached>;

inline void expect_whole(Pool& pool, std::size_t most) {
  EXPECT_EQ(pool.in_use(), 0U);
  std::vector<std::uint64_t*> all(most + 1);
  EXPECT_EQ(pool.try_allocate_many(all), most);
  all.resize(most);
  pool.deallocate_many(all);
  EXPECT_EQ(pool.available(), pool.capacity());
}

/// Allocates `count` blocks one by one and gives them back, so that the thread's cache keeps some.
inline void park(Pool& pool, std::size_t count) {
  std::vector<std::uint64_t*> blocks;
  for (std::size_t i = 0; i < count; ++i) blocks.push_back(pool.allocate());
  for (std::uint64_t* const block : blocks) pool.deallocate(block);
}

}  // namespace cenote::test
