/// What sizes a program and all its processes asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "stats/size_histogram.hpp"

namespace cenote::cli {

/// The counters of stats::SizeHistogram, added up over processes.
struct SizeCounts {
  static constexpr std::size_t kBuckets = stats::SizeHistogram::kBuckets;

  std::array<std::uint64_t, kBuckets> calls{};
  std::size_t processes = 0;  // whose counters are in

  [[nodiscard]] std::uint64_t total() const noexcept;
  /// The first bucket up to which at least the part `share` (0..1] of the calls lies; 0 when there are none.
  [[nodiscard]] std::size_t quantile_bucket(double share) const noexcept;
};

/// The first size that is counted in `bucket` and the first that no longer is, in bytes.
double bucket_begin(std::size_t bucket) noexcept;
double bucket_end(std::size_t bucket) noexcept;

/// Adds up all files `folder`/sizes.*; those of another format or not yet ready are left out.
SizeCounts merge_size_files(const std::string& folder);

}  // namespace cenote::cli
