/// The counters by doublings: few enough rows for a terminal.
#pragma once

#include <cstdint>
#include <vector>

#include "size_counts.hpp"

namespace cenote::cli {

/// How many requests were of `begin` bytes up to, but not including, `end`.
struct SizeRange {
  double begin;
  double end;
  std::uint64_t calls;
};

/// One range for each doubling (and one below 16 bytes) from the smallest to the largest size that was asked
/// for; empty when none was.
std::vector<SizeRange> size_ranges(const SizeCounts& sizes);

}  // namespace cenote::cli
