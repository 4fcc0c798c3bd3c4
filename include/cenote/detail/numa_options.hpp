/// How a NUMA pool is to be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/page_kind.hpp>

namespace cenote {

/// Where the next block comes from. "Here": the node of the processor that the calling thread runs on.
enum class NumaPolicy : std::uint8_t {
  local_only,  ///< here or nowhere: a request fails when this node's part is used up, and on nodes without memory
  preferred,    ///< here; when that part is used up, from the nearest node that has room
  interleaved,  ///< from all nodes in turns, the less used of two: bandwidth of all, distance of none
  adaptive  ///< as preferred; where blocks are freed by threads of another node than took them, rebalance() follows
};

struct NumaOptions {
  std::size_t bytes_per_node = 0;  ///< managed on each node that has memory which the process may use
  NumaPolicy policy = NumaPolicy::preferred;
  PageKind pages = PageKind::normal;  ///< falls back to normal, and says so in stats().pages, when unavailable
  std::string_view name = {};         ///< under which it is listed in statistics (copied, cut at 63 bytes)
};

}  // namespace cenote
