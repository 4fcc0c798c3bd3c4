#include "size_ranges.hpp"

#include <bit>

namespace cenote::cli {
namespace {

/// Whether a range starts at `bucket`: at 0, and at each power of two from 16.
bool starts_range(std::size_t bucket) noexcept {
  const std::uint64_t floor = stats::SizeHistogram::floor_of(bucket);
  return floor == 0 || (floor >= 16 && std::has_single_bit(floor));
}

}  // namespace

std::vector<SizeRange> size_ranges(const SizeCounts& sizes) {
  std::vector<SizeRange> ranges;
  for (std::size_t bucket = 0; bucket < SizeCounts::kBuckets; ++bucket) {
    if (starts_range(bucket)) ranges.push_back({bucket_begin(bucket), 0, 0});
    ranges.back().end = bucket_end(bucket);
    ranges.back().calls += sizes.calls[bucket];
  }
  while (!ranges.empty() && ranges.back().calls == 0) ranges.pop_back();
  while (!ranges.empty() && ranges.front().calls == 0) ranges.erase(ranges.begin());
  return ranges;
}

}  // namespace cenote::cli
