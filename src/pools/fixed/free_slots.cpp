#include <algorithm>

#include <cenote/detail/free_slots.hpp>

namespace cenote {
namespace {

// Fresh slots come in runs: a program that uses few never touches the tables of the others.
constexpr SlotIndex kRunMax = 64;

}  // namespace

template <Members kMembers>
SlotIndex FreeSlots<kMembers>::peak_out() const noexcept {
  return std::max(peak_before_, static_cast<SlotIndex>(circulating() - floor_));
}

template <Members kMembers>
void FreeSlots<kMembers>::add_taken(stats::Gauges& gauges) const noexcept {
  using stats::Figure, stats::Gauge;
  gauges.add(Gauge::of(Figure::allocations, word_).field(kHalf, kHalf))
      .add(Gauge::of(Figure::allocations, taken_wraps_, std::int64_t{1} << kHalf));
}

template <Members kMembers>
void FreeSlots<kMembers>::add_here(stats::Gauges& gauges) const noexcept {
  using stats::Figure, stats::Gauge;
  space_.add_idle(gauges, Figure::partial_slabs, Gauge::of(Figure::partial_slabs, word_).field(0, kHalf));
  gauges.add(Gauge::of(Figure::blocks_peak, peak_before_))
      .add(Gauge::of(Figure::blocks_peak, floor_, -1).as_rival())
      .add(space_.capacity_gauge(Figure::blocks_peak, 1).as_rival())
      .add(space_.stock_gauge(Figure::blocks_peak, -1).as_rival());
}

template <Members kMembers>
Result<void> FreeSlots<kMembers>::refill(Cell* cells) noexcept {
  if (space_.stock() == 0) {
    if (const Result<void> grown = space_.grow_on_demand(); !grown) return grown;
  }
  peak_before_ = peak_out();
  SlotIndex slots[kRunMax];
  SlotIndex count = 0;
  while (count < kRunMax && space_.stock() != 0) {
    const SlotRun run = space_.take_stock(kRunMax - count);
    for (SlotIndex i = 0; i < run.count; ++i) slots[count++] = run.first + i;
  }
  while (count != 0) put(cells, slots[--count]);  // the lowest on top
  floor_ = size();
  return {};
}

template <Members kMembers>
void FreeSlots<kMembers>::stow_older_half(Cell* cells) noexcept requires(kMembers == Members::unknown) {
  peak_before_ = peak_out();
  const SlotIndex before = size(), older = before / 2;
  space_.stow(&cells->entry, older);
  std::copy(cells + older, cells + before, cells);
  word_ -= older;
  floor_ = size();
}

// Slots that have become stock leave; the others keep their order.
template <Members kMembers>
std::size_t FreeSlots<kMembers>::trim(Cell* cells, const void* pool, SlotSpace::IsFree is_free) noexcept {
  peak_before_ = peak_out();
  const std::size_t given = space_.cool(pool, is_free);
  const SlotIndex before = size();
  word_ -= before;
  for (SlotIndex i = 0; i < before; ++i) {
    if (const SlotIndex slot = cells[i].entry; !space_.is_stocked(slot)) put(cells, slot);
  }
  floor_ = size();
  return given;
}

// Member by member: instantiating the class, Clang 14 would compile those too whose constraints do not hold.
template SlotIndex FreeSlots<Members::known>::peak_out() const noexcept;
template SlotIndex FreeSlots<Members::unknown>::peak_out() const noexcept;
template void FreeSlots<Members::known>::add_here(stats::Gauges&) const noexcept;
template void FreeSlots<Members::unknown>::add_here(stats::Gauges&) const noexcept;
template void FreeSlots<Members::known>::add_taken(stats::Gauges&) const noexcept;
template Result<void> FreeSlots<Members::known>::refill(FreeSlots<Members::known>::Cell*) noexcept;
template Result<void> FreeSlots<Members::unknown>::refill(FreeSlots<Members::unknown>::Cell*) noexcept;
template std::size_t FreeSlots<Members::known>::trim(FreeSlots<Members::known>::Cell*, const void*,
                                                     SlotSpace::IsFree) noexcept;
template std::size_t FreeSlots<Members::unknown>::trim(FreeSlots<Members::unknown>::Cell*, const void*,
                                                       SlotSpace::IsFree) noexcept;
template void FreeSlots<Members::unknown>::stow_older_half(FreeSlots<Members::unknown>::Cell*) noexcept;

}  // namespace cenote
