/// Resident memory over time, in bounded space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cenote::cli {

struct ResidentSample {
  double seconds;  // since the program's start
  std::uint64_t bytes;
};

/// At most `kSamplesMax` samples. When it is full, neighbours are merged into the larger of the two, and as
/// many new samples make one from then on: a run of any length keeps its peaks.
class ResidentSeries {
 public:
  static constexpr std::size_t kSamplesMax = 1024;

  void add(ResidentSample sample);
  [[nodiscard]] const std::vector<ResidentSample>& samples() const noexcept { return samples_; }
  [[nodiscard]] std::uint64_t peak_bytes() const noexcept { return peak_bytes_; }

 private:
  void halve();

  std::vector<ResidentSample> samples_;
  std::size_t per_slot_ = 1;  // how many added samples make one
  std::size_t in_slot_ = 0;   // how many the last one holds
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace cenote::cli
