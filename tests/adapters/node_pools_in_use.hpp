/// What all pools of nodes hold together.
#pragma once

#include <cstddef>

#include <cenote/node_allocator.hpp>

namespace cenote::test {

/// Exact when no other thread is inside a call.
inline std::size_t node_blocks_in_use() {
  std::size_t blocks = 0;
  detail::for_each_node_pool([&](const auto& pool) { blocks += pool.in_use(); });
  return blocks;
}

inline std::size_t node_pools() {
  std::size_t pools = 0;
  detail::for_each_node_pool([&](const auto&) { ++pools; });
  return pools;
}

}  // namespace cenote::test
