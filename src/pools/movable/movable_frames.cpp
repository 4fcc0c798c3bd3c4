#include <algorithm>
#include <bit>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/movable_frames.hpp>
#include <cenote/detail/system.hpp>

#include "pools/movable/under_lock.hpp"

namespace cenote {

MovableFrames::MovableFrames(const MovablePlan& plan, os::Region reserved, os::Memory& memory,
                             std::string_view name) noexcept
    : base_{reserved.start + plan.frames}, plan_{plan}, reserved_{reserved}, memory_{&memory}, budget_{name} {
  lists_.fill(kNoPlace);
}

// --- growing -----------------------------------------------------------------------------------------------

bool MovableFrames::commit_part(std::size_t part, std::size_t from, std::size_t to) noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t first = align_up(part + from, page), end = align_up(part + to, page);
  return first == end || memory_->commit({reserved_.start + first, end - first});
}

bool MovableFrames::commit_tables_and_frames(std::uint32_t frames) noexcept {
  const std::size_t from = committed(), slots = plan_.frame_slots;
  const auto commit = [&](std::size_t part, std::size_t each) noexcept {
    return commit_part(part, from * each, frames * each);
  };
  return commit(plan_.frame_table, sizeof(Frame)) && commit(plan_.owners, slots * sizeof(std::uint32_t)) &&
         commit(plan_.lives, slots * sizeof(std::uint32_t)) &&
         commit(plan_.entries, slots * sizeof(MovableEntry)) && commit(plan_.frames, plan_.frame_bytes());
}

Result<void> MovableFrames::commit_to(std::uint32_t frames) noexcept {
  const std::size_t bytes = (frames - committed()) * (plan_.frame_bytes() + metadata_of_frame());
  if (!budget_.charge(bytes)) return AllocError::limit_reached;
  if (!commit_tables_and_frames(frames)) {
    budget_.uncharge(bytes);
    return AllocError::out_of_memory;
  }
  committed_.store(frames, std::memory_order_relaxed);
  return {};
}

Result<void> MovableFrames::open() noexcept {
  if (!budget_.charge(fixed_metadata_bytes())) return AllocError::limit_reached;
  if (!commit_part(plan_.sets, 0, 2 * plan_.set.bytes())) return AllocError::out_of_memory;
  return commit_to(plan_.frames_ready);
}

Result<void> MovableFrames::grow() noexcept {
  constexpr std::uint32_t kGrownMin = 16;
  if (!can_grow()) {  // a frame that was not taken is a cold one, for which a limit has no room
    return plan_.set.empty(cold_words()) ? AllocError::exhausted : AllocError::limit_reached;
  }
  std::uint32_t more = std::min(std::max(committed() / 2, kGrownMin), plan_.frames_max - committed());
  for (;;) {
    const Result<void> grown = commit_to(committed() + more);
    if (grown || grown.error() != AllocError::limit_reached || more == 1) return grown;
    more /= 2;
  }
}

// --- lists -------------------------------------------------------------------------------------------------

unsigned MovableFrames::list_of(std::uint32_t frame) const noexcept {
  const Frame& it = table()[frame];
  if (frame == source_ || it.taken == 0 || it.taken == plan_.frame_slots) return kNoList;
  if (it.kept_in == round_) return kKept;
  return static_cast<unsigned>(std::uint64_t{it.taken} * kFills / plan_.frame_slots);
}

void MovableFrames::enlist(std::uint32_t frame, unsigned list) noexcept {
  Frame& it = table()[frame];
  it.next = lists_[list];
  it.previous = kNoPlace;
  if (it.next != kNoPlace) table()[it.next].previous = frame;
  lists_[list] = frame;
  filled_ |= 1U << list;
}

void MovableFrames::delist(std::uint32_t frame, unsigned list) noexcept {
  const Frame& it = table()[frame];
  if (it.next != kNoPlace) table()[it.next].previous = it.previous;
  if (it.previous != kNoPlace) {
    table()[it.previous].next = it.next;
    return;
  }
  lists_[list] = it.next;
  if (it.next == kNoPlace) filled_ &= ~(1U << list);
}

void MovableFrames::relist(std::uint32_t frame, unsigned before) noexcept {
  const unsigned after = list_of(frame);
  if (after == before) return;
  if (before != kNoList) delist(frame, before);
  if (after != kNoList) enlist(frame, after);
}

// --- slots -------------------------------------------------------------------------------------------------

MovablePlace MovableFrames::take_in(std::uint32_t frame, std::uint32_t entry) noexcept {
  Frame& it = table()[frame];
  const unsigned list = list_of(frame);
  std::uint32_t slot = it.carved;
  if (it.free != 0) {
    slot = it.free - 1;
    it.free = owner_of(frame, slot) & ~kFree;
  } else {
    ++it.carved;
  }
  owner_of(frame, slot) = entry;
  ++it.taken;
  ++taken_;
  relist(frame, list);
  return place_at(frame, slot);
}

MovablePlace MovableFrames::take_beside_others(std::uint32_t entry) noexcept {
  if (filled_ == 0) return kNoPlace;
  const auto fullest = static_cast<unsigned>(std::bit_width(filled_)) - 1;
  return take_in(lists_[fullest], entry);
}

MovablePlace MovableFrames::take(std::uint32_t entry) noexcept {
  const MovablePlace place = take_beside_others(entry);
  if (place != kNoPlace) return place;
  const std::uint32_t frame = open_frame();
  return frame == kNoPlace ? kNoPlace : take_in(frame, entry);
}

MovablePlace MovableFrames::take_in_source(std::uint32_t entry) noexcept {
  if (source_ == kNoPlace || table()[source_].taken == plan_.frame_slots) return kNoPlace;
  return take_in(source_, entry);
}

void MovableFrames::put(MovablePlace place) noexcept {
  const std::size_t offset = std::size_t{place} << plan_.place_shift;
  const auto frame = static_cast<std::uint32_t>(offset >> plan_.frame_shift);
  const auto slot = static_cast<std::uint32_t>(plan_.slots.index_at(offset & (plan_.frame_bytes() - 1)));
  Frame& it = table()[frame];
  const unsigned list = list_of(frame);
  owner_of(frame, slot) = kFree | it.free;
  it.free = slot + 1;
  --it.taken;
  --taken_;
  relist(frame, list);
  if (it.taken == 0 && frame != source_) retire(frame);
}

// A frame without a slot taken: an empty one, a cold one, or a fresh one. It has pages as soon as it is
// written to.
std::uint32_t MovableFrames::open_frame() noexcept {
  std::uint32_t frame = kNoPlace;
  if (!plan_.set.empty(empty_words())) {
    frame = plan_.set.take_lowest(empty_words(), 1).first;
    subtract(empty_, 1);
  } else if (!plan_.set.empty(cold_words()) && budget_.charge(plan_.frame_bytes())) {
    frame = plan_.set.take_lowest(cold_words(), 1).first;
  } else if (fresh_ != committed()) {
    frame = fresh_++;
  } else {
    return kNoPlace;
  }
  table()[frame] = {};
  add(in_use_, 1);
  return frame;
}

void MovableFrames::retire(std::uint32_t frame) noexcept {
  plan_.set.insert(empty_words(), frame);
  subtract(in_use_, 1);
  add(empty_, 1);
}

// --- compaction --------------------------------------------------------------------------------------------

bool MovableFrames::choose_source() noexcept {
  const std::uint32_t candidates = filled_ & ~(1U << kKept);
  if (candidates == 0) return false;
  const std::uint32_t frame = lists_[static_cast<unsigned>(std::countr_zero(candidates))];
  const unsigned list = list_of(frame);
  source_ = frame;
  relist(frame, list);
  return true;
}

void MovableFrames::drop_source(bool kept) noexcept {
  const std::uint32_t frame = source_;
  Frame& it = table()[frame];
  source_ = kNoPlace;
  if (it.taken == 0) return retire(frame);
  if (kept) it.kept_in = round_;
  relist(frame, kNoList);
}

void MovableFrames::begin_round() noexcept {
  std::uint32_t frame = lists_[kKept];
  lists_[kKept] = kNoPlace;
  filled_ &= ~(1U << kKept);
  ++round_;
  while (frame != kNoPlace) {
    const std::uint32_t next = table()[frame].next;
    enlist(frame, list_of(frame));
    frame = next;
  }
}

os::Region MovableFrames::take_empty() noexcept {
  if (plan_.set.empty(empty_words())) return {};
  const IndexRun run = plan_.set.take_lowest(empty_words(), kTakenTogether);
  subtract(empty_, run.count);
  return {base_ + (std::size_t{run.first} << plan_.frame_shift), std::size_t{run.count} << plan_.frame_shift};
}

void MovableFrames::insert_all(std::uint64_t* words, os::Region frames) noexcept {
  const auto first =
      static_cast<std::uint32_t>(static_cast<std::size_t>(frames.start - base_) >> plan_.frame_shift);
  const auto count = static_cast<std::uint32_t>(frames.bytes >> plan_.frame_shift);
  for (std::uint32_t i = 0; i < count; ++i) plan_.set.insert(words, first + i);
}

void MovableFrames::put_cold(os::Region frames) noexcept {
  insert_all(cold_words(), frames);
  budget_.uncharge(frames.bytes);
}

void MovableFrames::put_empty(os::Region frames) noexcept {
  insert_all(empty_words(), frames);
  add(empty_, static_cast<std::uint32_t>(frames.bytes >> plan_.frame_shift));
}

// --- figures -----------------------------------------------------------------------------------------------

double MovableFrames::fragmentation() const noexcept {
  if (in_use() == 0) return 0;
  return static_cast<double>(free_slots()) / (static_cast<double>(in_use()) * plan_.frame_slots);
}

std::size_t MovableFrames::metadata_bytes() const noexcept {
  return fixed_metadata_bytes() + committed() * metadata_of_frame();
}

bool MovableFrames::is_in_use(std::uint32_t frame) const noexcept {
  return !plan_.set.contains(empty_words(), frame) && !plan_.set.contains(cold_words(), frame);
}

std::uint32_t MovableFrames::count_owned(std::uint32_t frame) const noexcept {
  std::uint32_t owned = 0;
  for (std::uint32_t slot = 0; slot < table()[frame].carved; ++slot)
    owned += (owner_of(frame, slot) & kFree) == 0 ? 1 : 0;
  return owned;
}

void MovableFrames::check_lists(std::size_t most) const noexcept {
  std::size_t listed = 0;
  for (unsigned list = 0; list <= kKept; ++list) {
    CENOTE_CHECK((lists_[list] == kNoPlace) == ((filled_ >> list & 1) == 0), "a list is marked wrongly");
    for (std::uint32_t frame = lists_[list]; frame != kNoPlace; frame = table()[frame].next) {
      CENOTE_CHECK(list_of(frame) == list, "a frame is on a wrong list");
      ++listed;
    }
  }
  CENOTE_CHECK(listed == most, "a frame with room is on no list, or on two");
}

void MovableFrames::check_invariants() const noexcept {
  std::uint32_t used = 0;
  std::size_t taken = 0, with_room = 0;
  for (std::uint32_t frame = 0; frame < fresh_; ++frame) {
    if (!is_in_use(frame)) continue;
    const std::uint32_t owned = count_owned(frame);
    CENOTE_CHECK(owned == table()[frame].taken && owned != 0, "a frame's slots are miscounted");
    ++used;
    taken += owned;
    with_room += list_of(frame) != kNoList ? 1 : 0;
  }
  CENOTE_CHECK(used == in_use() && taken == taken_, "the frames in use are miscounted");
  check_lists(with_room);
}

}  // namespace cenote
