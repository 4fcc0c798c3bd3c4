/// How blocks come into batches, and who waits at the limit: EpochDomain::retire.
#include <algorithm>

#include <cenote/epoch_domain.hpp>
#include <cenote/result.hpp>

#include "pools/epoch/retired_batches.hpp"

namespace cenote {

AllocError EpochDomain::retire_slow(const Retired& block, RetiredBatch* full) noexcept {
  EpochRecord* const record = epoch_records::find_or_attach(*this);
  if (const AllocError error = append(record, full, block, Bound::kept); error == AllocError{}) return {};
  collect();  // for room, or for batches to use again
  return append(record, nullptr, block, Bound::kept);
}

void EpochDomain::retire_beyond(const Retired& block, AllocError error) {
  EpochRecord* const record = epoch_records::find(id_);
  const bool may_wait = record != nullptr && !record->is_inside();
  for (unsigned round = 0; may_wait && error == AllocError::limit_reached; ++round) {
    wait_for_others(round);
    error = try_retire_any(block);
  }
  if (error == AllocError::limit_reached) {
    error = append(record, nullptr, block, Bound::exceeded);
    if (record != nullptr) record->owes = true;
  }
  if (error != AllocError{}) throw_alloc_failure(error);
}

AllocError EpochDomain::append(EpochRecord* record, RetiredBatch* full, const Retired& block,
                               Bound bound) noexcept {
  bool is_due = false;
  {
    const os::LockGuard guard{lock_};
    if (full != nullptr) seal(*full);
    EpochRecord& to = record != nullptr ? *record : shared_;
    RetiredBatch* open = nullptr;
    if (!put(to, block, open)) {
      if (open != nullptr) seal(*open);
      if (room_for_batch(bound) == 0) return AllocError::limit_reached;
      open = open_batch(bound);
      if (open == nullptr) return AllocError::out_of_memory;
      add(to, *open, block);
    }
    is_due = sealed_blocks_ >= collect_at_ && to.reclaiming == 0;
  }
  if (is_due) collect();
  return {};
}

// --- batches -----------------------------------------------------------------------------------------------

// A small part of the limit for each thread: what one has not used another may need.
std::uint32_t EpochDomain::room_for_batch(Bound bound) const noexcept {
  if (bound == Bound::exceeded) return 1;
  const std::size_t left = retired_max_ - std::min(charged_, retired_max_);
  return static_cast<std::uint32_t>(std::min<std::size_t>(left, batch_room_));
}

RetiredBatch* EpochDomain::open_batch(Bound bound) noexcept {
  RetiredBatch* batch = idle_.pop_front();
  if (batch == nullptr) {
    batch = retired_batches::take();
    if (batch == nullptr) return nullptr;
    metadata_bytes_.fetch_add(sizeof(RetiredBatch), std::memory_order_relaxed);
  }
  batch->count = 0;
  batch->room = room_for_batch(bound);
  charged_ += batch->room;
  return batch;
}

void EpochDomain::seal(RetiredBatch& batch) noexcept {
  charged_ -= batch.room - batch.count;
  batch.room = batch.count;
  sealed_blocks_ += batch.count;
  sealed_.push_back(batch);
}

// --- the limit ---------------------------------------------------------------------------------------------

// The thread has no guard any more: who waits here waits for others.
void EpochDomain::settle(EpochRecord& record) noexcept {
  if (record.is_inside()) return;
  record.owes = false;
  for (unsigned round = 0; is_over_limit(); ++round) {
    if (collect() == 0) wait_for_others(round);
  }
}

bool EpochDomain::is_over_limit() noexcept {
  const os::LockGuard guard{lock_};
  return charged_ > retired_max_;
}

}  // namespace cenote
