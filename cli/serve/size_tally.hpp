/// How many blocks of each size there are, by who holds them: read off a map.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inspect/heap_map.hpp"

namespace cenote::cli {

struct SizeTally {
  std::string holder{};
  stats::Kind kind{};
  std::uint64_t block_bytes = 0;
  std::uint64_t live_blocks = 0;
  std::uint64_t cached_blocks = 0;  // free, and only one thread can have them
  std::uint64_t free_blocks = 0;    // cut from slabs, for anybody

  std::uint64_t live_bytes() const noexcept { return live_blocks * block_bytes; }
};

/// One for each holder and size of block, by holder, then by size.
std::vector<SizeTally> tally_sizes(const inspect::HeapMap& map);

}  // namespace cenote::cli
