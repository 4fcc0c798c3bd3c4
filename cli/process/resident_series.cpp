#include "resident_series.hpp"

#include <algorithm>

namespace cenote::cli {
namespace {

ResidentSample larger(const ResidentSample& a, const ResidentSample& b) { return b.bytes > a.bytes ? b : a; }

}  // namespace

void ResidentSeries::add(ResidentSample sample) {
  peak_bytes_ = std::max(peak_bytes_, sample.bytes);
  if (in_slot_ > 0 && in_slot_ < per_slot_) {
    samples_.back() = larger(samples_.back(), sample);
    ++in_slot_;
    return;
  }
  if (samples_.size() == kSamplesMax) halve();
  samples_.push_back(sample);
  in_slot_ = 1;
}

void ResidentSeries::halve() {
  for (std::size_t i = 0; i < kSamplesMax / 2; ++i)
    samples_[i] = larger(samples_[2 * i], samples_[2 * i + 1]);
  samples_.resize(kSamplesMax / 2);
  per_slot_ *= 2;
}

}  // namespace cenote::cli
