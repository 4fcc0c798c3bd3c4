#include <utility>

#include <cenote/detail/check.hpp>
#include <cenote/detail/slab_bin.hpp>

namespace cenote {
namespace {

// Fresh blocks are cut an OS page at a time: memory that nobody needs is not touched.
constexpr std::uint32_t kCarveBytes = 4096;
constexpr unsigned kSlackBits = 6;

std::uint32_t carve_count(std::uint32_t block_bytes) noexcept {
  return block_bytes >= kCarveBytes ? 1 : kCarveBytes / block_bytes;
}

}  // namespace

void SlabBin::open(std::size_t class_index, std::uint32_t bytes, std::size_t empty_max) noexcept {
  block_bytes = bytes;
  shape_ = slab_shape_for(bytes);
  class_ = {static_cast<std::uint8_t>(class_index)};
  empty_max_ = empty_max;
  const bool shares_notes = bytes < 16;
  const auto slack_bits = static_cast<unsigned>(std::bit_width(bytes - 1));
  slack_shift = static_cast<std::uint8_t>(shares_notes              ? kSlackBits
                                          : slack_bits > kSlackBits ? slack_bits - kSlackBits
                                                                    : 0);
  kept_bits = shares_notes ? 3 : 0;
}

bool SlabBin::make_ready(const AddressSpace& space) noexcept {
  if (has_current()) {
    if (current->free != nullptr) return true;
    if (!current->fully_carved()) {
      current->carve(carve_count(block_bytes));
      expect_next_event();
      return true;
    }
    retire_full();
  }
  if (Slab* const next = densest()) {
    unfile(*next, next->used());
    set_current(*next, space);
    return true;
  }
  if (Slab* const next = take_empty()) {
    set_current(*next, space);
    return true;
  }
  return false;
}

void SlabBin::adopt(Slab& slab, const AddressSpace& space) noexcept { set_current(slab, space); }

Slab* SlabBin::on_event(Slab& slab) noexcept {
  Slab* gone = nullptr;
  if (slab.state == SlabState::full) {
    full_.remove(slab);
    gone = put_down(slab);
  } else if (slab.state == SlabState::partial) {
    unfile(slab, slab.used() + 1);
    gone = put_down(slab);
  }
  Slab* const also_gone = reconsider();
  CENOTE_ASSERT(gone == nullptr || also_gone == nullptr, "one free empties one slab");
  return gone != nullptr ? gone : also_gone;
}

Slab* SlabBin::take_empty() noexcept {
  Slab* slab = empty_.pop_front();
  if (slab != nullptr) {
    --empty_count_;
  } else if (has_current() && current->used() == 0) {
    slab = current;
    current = &g_no_slab;
  }
  return slab;
}

/// Whether one more slab may be empty.
bool SlabBin::room_for_an_empty() const noexcept {
  return empty_count_ + (has_current() && current->used() == 0 ? 1 : 0) < empty_max_;
}

Slab* SlabBin::densest() const noexcept {
  if (sixteenths_ == 0) return nullptr;
  const SlabList& list = partial_[static_cast<std::size_t>(std::bit_width(sixteenths_)) - 1];
  Slab* best = list.front();
  int looked_at = 1;
  for (Slab* slab = SlabList::next_of(*best); slab != nullptr && looked_at < kLookedAt;
       slab = SlabList::next_of(*slab), ++looked_at) {
    if (slab->used() > best->used()) best = slab;
  }
  return best;
}

void SlabBin::set_current(Slab& slab, const AddressSpace& space) noexcept {
  slab.state = SlabState::current;
  current = &slab;
  notes_bias = address_of(space.notes_of(slab.start)) - (address_of(slab.start) >> 4);
  if (slab.free == nullptr) slab.carve(carve_count(block_bytes));
  expect_next_event();
}

void SlabBin::retire_full() noexcept {
  Slab& slab = *current;
  current = &g_no_slab;
  slab.state = SlabState::full;
  slab.expect_event_after(1);
  full_.push_front(slab);
}

// Of the current slab: when it is an empty one too many.
void SlabBin::expect_next_event() const noexcept {
  constexpr std::uint32_t kNever = UINT32_MAX;  // used() never falls so low: countdown stays above 0
  const std::uint32_t used = current->used();
  current->bias = empty_count_ < empty_max_ ? kNever : 0;
  current->countdown = used - current->bias;
}

void SlabBin::file(Slab& slab) noexcept {
  const std::uint32_t used = slab.used();
  const std::uint32_t sixteenth = sixteenth_of(used);
  const std::uint32_t lowest = (sixteenth * shape_.capacity + kSixteenths - 1) / kSixteenths;
  slab.state = SlabState::partial;
  slab.expect_event_after(lowest == 0 ? used : used - lowest + 1);
  partial_[sixteenth].push_front(slab);
  sixteenths_ |= 1U << sixteenth;
}

void SlabBin::unfile(Slab& slab, std::uint32_t used_when_filed) noexcept {
  const std::uint32_t sixteenth = sixteenth_of(used_when_filed);
  partial_[sixteenth].remove(slab);
  if (partial_[sixteenth].empty()) sixteenths_ &= ~(1U << sixteenth);
}

// A slab that is neither full nor current any more: to the partial or the empty ones; returned when there are
// enough of those.
Slab* SlabBin::put_down(Slab& slab) noexcept {
  if (slab.used() != 0) {
    file(slab);
    return nullptr;
  }
  if (!room_for_an_empty()) return &slab;
  slab.state = SlabState::partial;
  empty_.push_front(slab);
  ++empty_count_;
  return nullptr;
}

Slab* SlabBin::reconsider() noexcept {
  if (!has_current()) return nullptr;
  if (current->used() == 0 && empty_count_ >= empty_max_) return std::exchange(current, &g_no_slab);
  expect_next_event();
  return nullptr;
}

void SlabBin::check_invariants() const noexcept {
  CENOTE_CHECK(g_no_slab.free == nullptr && g_no_slab.countdown == 0, "somebody used the slab that is none");
  for (std::uint32_t n = 0; n < kSixteenths; ++n) {
    CENOTE_CHECK(partial_[n].empty() == ((sixteenths_ >> n & 1) == 0), "a stale bit of a sixteenth");
    for (const Slab* slab = partial_[n].front(); slab != nullptr; slab = SlabList::next_of(*slab)) {
      CENOTE_CHECK(slab->state == SlabState::partial && slab->used() != 0, "a partial slab that is none");
      CENOTE_CHECK(sixteenth_of(slab->used()) == n, "a slab on the list of another density");
    }
  }
  for (const Slab* slab = full_.front(); slab != nullptr; slab = SlabList::next_of(*slab)) {
    CENOTE_CHECK(slab->state == SlabState::full && slab->used() == slab->capacity, "a full slab with room");
  }
  std::size_t empty = 0;
  for (const Slab* slab = empty_.front(); slab != nullptr; slab = SlabList::next_of(*slab), ++empty) {
    CENOTE_CHECK(slab->used() == 0, "an empty slab with blocks in use");
  }
  CENOTE_CHECK(empty == empty_count_, "empty slabs miscounted");
  if (!has_current()) return;
  CENOTE_CHECK(current->state == SlabState::current, "the current slab does not know it");
  CENOTE_CHECK(empty + (current->used() == 0 ? 1 : 0) <= empty_max_, "too many empty slabs");
}

}  // namespace cenote
