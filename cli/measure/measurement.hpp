/// What one run of a program took.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../process/exit_status.hpp"
#include "../process/resident_series.hpp"

namespace cenote::cli {

struct Measurement {
  double wall_s = 0;  // from just before fork until the program was reaped
  double cpu_s = 0;   // user and system time, of it and all processes it waited for
  // the kernel's exact peak of the largest single process (ru_maxrss)
  std::uint64_t largest_process_bytes = 0;
  std::uint64_t tree_peak_bytes = 0;  // the largest sampled sum over all its processes
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::size_t processes_seen = 0;        // by the sampler; short-lived ones are missed
  std::vector<ResidentSample> resident;  // the sampled sums

  /// The peak of resident memory. Exact for a single process; a tree of processes may exceed its largest one,
  /// and then the sampled sum counts, in which pages that processes share count once each.
  [[nodiscard]] std::uint64_t peak_rss_bytes() const noexcept {
    return std::max(largest_process_bytes, tree_peak_bytes);
  }
  [[nodiscard]] std::uint64_t page_faults() const noexcept { return minor_faults + major_faults; }
};

}  // namespace cenote::cli
