// How a pool's objects come closer together: MovableCore::compact.
#include <algorithm>
#include <array>

#include <cenote/detail/movable_core.hpp>
#include <cenote/movable_pool.hpp>

#include "pools/movable/under_lock.hpp"

namespace cenote {

struct MovableCore::Batch {
  std::array<Move, kMovedTogether> moves;
  std::uint32_t count = 0;
};

CompactionReport MovableCore::compact(const CompactBudget& budget, Relocate relocate) noexcept {
  const os::LockGuard one_at_a_time{compacting_};
  CompactionReport report;
  Batch batch;
  std::size_t left = std::min(budget.objects, budget.bytes / frames_.plan().object_bytes);
  {
    const os::LockGuard guard{lock_};
    report.fragmentation_before = frames_.fragmentation();
  }
  for (Step step = Step::again; step != Step::finished;) {
    step = plan_moves(batch, left, report);
    move_all(batch, relocate);
    settle(batch, report);
    left -= batch.count;
  }
  give_back_empty(report);
  const os::LockGuard guard{lock_};
  report.fragmentation_after = frames_.fragmentation();
  return report;
}

// --- which objects go where --------------------------------------------------------------------------------

// One frame a call, or a part of it, so that nobody waits for the lock longer than that.
MovableCore::Step MovableCore::plan_moves(Batch& batch, std::size_t most, CompactionReport& report) noexcept {
  const os::LockGuard guard{lock_};
  batch.count = 0;
  if (!frames_.has_source()) {
    const bool can_go_on = frames_.has_room_to_spare();
    if (can_go_on && most == 0) return Step::finished;
    if (!can_go_on || !frames_.choose_source()) {
      frames_.begin_round();
      report.finished = true;
      return Step::finished;
    }
    next_slot_ = 0;
    if (count_unmovable(report) != 0) {  // it cannot be emptied: what else is in it may as well stay
      frames_.drop_source(true);
      return Step::again;
    }
  }
  fill(batch, most);
  if (batch.count != 0) return Step::moves;
  frames_.drop_source(most != 0);
  return most == 0 ? Step::finished : Step::again;
}

std::size_t MovableCore::count_unmovable(CompactionReport& report) noexcept {
  std::size_t pinned = 0, others = 0;
  frames_.visit_source(0, [&](MovablePlace from, std::uint32_t entry) {
    const MovableEntry& its = entries()[entry];
    if (its.is_pinned()) {
      ++pinned;
    } else if (!its.can_move(from)) {
      ++others;  // being made, or ending
    }
    return true;
  });
  report.skipped_pinned += pinned;
  add(skipped_, std::uint64_t{pinned});
  return pinned + others;
}

void MovableCore::fill(Batch& batch, std::size_t most) noexcept {
  const std::size_t room = std::min<std::size_t>(most, kMovedTogether);
  next_slot_ = frames_.visit_source(next_slot_, [&](MovablePlace from, std::uint32_t entry) {
    if (batch.count == room) return false;
    if (!entries()[entry].can_move(from)) return true;
    const MovablePlace to = frames_.take_beside_others(entry);
    if (to == kNoPlace) return false;
    batch.moves[batch.count++] = {entry, from, to, false};
    return true;
  });
}

// --- moving ------------------------------------------------------------------------------------------------

// Without the lock: what is no longer as it was when the lock was held is left alone.
void MovableCore::move_all(Batch& batch, Relocate relocate) noexcept {
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    Move& move = batch.moves[i];
    MovableEntry& entry = entries()[move.entry];
    if (!entry.begin_move(move.from)) continue;
    relocate(*this, frames_.address_of(move.to), frames_.address_of(move.from));
    entry.end_move(move.from, move.to);
    move.done = true;
  }
}

void MovableCore::settle(const Batch& batch, CompactionReport& report) noexcept {
  if (batch.count == 0) return;
  const os::LockGuard guard{lock_};
  std::size_t moved = 0, pinned = 0;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    const Move& move = batch.moves[i];
    frames_.put(move.done ? move.from : move.to);
    moved += move.done ? 1 : 0;
    pinned += !move.done && entries()[move.entry].is_pinned() ? 1 : 0;
  }
  report.moved += moved;
  report.skipped_pinned += pinned;
  add(moved_, std::uint64_t{moved});
  add(skipped_, std::uint64_t{pinned});
}

// --- giving back -------------------------------------------------------------------------------------------

// The system is asked without the lock; meanwhile the frames are nobody's.
void MovableCore::give_back_empty(CompactionReport& report) noexcept {
  for (;;) {
    lock_.lock();
    const os::Region frames = frames_.take_empty();
    lock_.unlock();
    if (!frames) return;
    const bool given = memory_->purge(frames);
    const os::LockGuard guard{lock_};
    if (!given) return frames_.put_empty(frames);
    frames_.put_cold(frames);
    add(given_back_, std::uint64_t{frames.bytes});
    report.bytes_given_back += frames.bytes;
  }
}

}  // namespace cenote
