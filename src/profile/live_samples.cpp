#include "profile/live_samples.hpp"

#include <utility>

#include "profile/mapped.hpp"

namespace cenote::profile {

LiveSample& LiveSamples::slot_for(std::uintptr_t block) const noexcept {
  std::size_t at = home_of(block);
  while (slots_[at].block != 0 && slots_[at].block != block) at = after(at);
  return slots_[at];
}

bool LiveSamples::grow() noexcept {
  const std::size_t wanted = slots_.empty() ? kFirst : 2 * slots_.size();
  if (wanted > kMost) return false;
  Mapped<LiveSample> fresh{wanted};
  if (!fresh) return false;
  const auto before = Mapped<LiveSample>::take_over(std::exchange(slots_, fresh.detach()));
  for (const LiveSample& sample : before) {
    if (sample.block != 0) slot_for(sample.block) = sample;
  }
  return true;
}

bool LiveSamples::add(const LiveSample& sample) noexcept {
  if (2 * count_ >= slots_.size() && !grow()) return false;
  slot_for(sample.block) = sample;
  ++count_;
  return true;
}

LiveSample* LiveSamples::find(std::uintptr_t block) const noexcept {
  if (count_ == 0) return nullptr;
  LiveSample& slot = slot_for(block);
  return slot.block == 0 ? nullptr : &slot;
}

// What follows moves up, so far as it may: a sample is never before its home.
void LiveSamples::remove(const LiveSample& sample) noexcept {
  auto hole = static_cast<std::size_t>(&sample - slots_.data());
  for (std::size_t at = after(hole); slots_[at].block != 0; at = after(at)) {
    const std::size_t home = home_of(slots_[at].block);
    const bool between = hole <= at ? hole < home && home <= at : hole < home || home <= at;
    if (between) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  --count_;
}

}  // namespace cenote::profile
