#include <algorithm>
#include <cstring>

#include <cenote/fixed/free_stack.hpp>

namespace cenote {
namespace {

// Fresh slots come in runs: a program that uses few never touches the tables of the others.
constexpr SlotIndex kRunMax = 64;

}  // namespace

SlotIndex FreeStack::peak_out() const noexcept {
  return std::max(peak_before_, static_cast<SlotIndex>(circulating() - low_water_));
}

Result<void> FreeStack::refill() noexcept {
  if (space_.stock() == 0) {
    if (const Result<void> grown = space_.grow_on_demand(); !grown) return grown;
  }
  peak_before_ = peak_out();
  const SlotRun run = space_.take_stock(kRunMax);
  for (SlotIndex i = run.count; i-- > 0;) push(run.first + i);
  low_water_ = top_;
  return {};
}

void FreeStack::push_many(const SlotIndex* slots, SlotIndex count) noexcept {
  std::memcpy(entries_ + top_, slots, count * sizeof(SlotIndex));
  top_ += count;
}

std::size_t FreeStack::shrink(SlotSpace::IsFree is_free, const void* pool) noexcept {
  peak_before_ = peak_out();
  const std::size_t given = space_.cool(pool, is_free);
  const auto still_here = [this](SlotIndex slot) { return !space_.is_cold(slot); };
  SlotIndex* const end = std::copy_if(entries_, entries_ + top_, entries_, still_here);
  top_ = static_cast<std::size_t>(end - entries_);
  low_water_ = top_;
  return given;
}

}  // namespace cenote
