/// How an epoch ends, and what no guard can see goes back: EpochDomain::collect and synchronize.
#include <algorithm>
#include <limits>

#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/epoch_domain.hpp>

#include "os/thread.hpp"
#include "pools/epoch/retired_batches.hpp"
#include "pools/epoch/stalled_reader.hpp"

namespace cenote {

std::size_t EpochDomain::collect() noexcept {
  BatchList ready;
  Stall stall;
  {
    const os::LockGuard guard{lock_};
    take_ready(ready, stall);
  }
  stall.report();
  return give_back(ready);
}

void EpochDomain::synchronize() noexcept {
  const EpochRecord* const record = epoch_records::find(id_);
  CENOTE_CHECK(record == nullptr || record->depth == 0,
               "synchronize() waits for all guards: end this thread's own first");
  collect();  // what was retired before has an epoch now, this one at the latest
  const std::uint64_t ended = [this] {
    const os::LockGuard guard{lock_};
    return end_epoch();
  }();
  for (unsigned round = 0; !has_passed(ended); ++round) {
    if (round != 0) wait_for_others(round);
    collect();
  }
}

// A guard of `epoch`, which has ended, or before that is not seen now has ended.
bool EpochDomain::has_passed(std::uint64_t epoch) noexcept {
  const os::LockGuard guard{lock_};
  for (EpochRecord* record = records_; record != nullptr; record = record->next) {
    const std::uint64_t announced = announced_by(*record);
    if (announced != 0 && announced <= epoch) return false;
  }
  return waiting_.empty() || waiting_.front()->first_epoch > epoch;
}

void EpochDomain::gather() noexcept {
  for (EpochRecord* record = records_; record != nullptr; record = record->next) {
    if (RetiredBatch* const batch = record->open.exchange(nullptr, std::memory_order_acquire)) seal(*batch);
  }
}

// With fences at readers both sides exchange, so that one of the two reads what the other wrote.
std::uint64_t EpochDomain::announced_by(EpochRecord& record) const noexcept {
  if (fence_ == EpochFence::readers) return record.announced.fetch_or(0, std::memory_order_acq_rel);
  return record.announced.load(std::memory_order_acquire);
}

// What is out of reach before: who reads the raised epoch sees that, and who is not seen to have announced
// one after the fence, too.
std::uint64_t EpochDomain::end_epoch() noexcept {
  const std::uint64_t ended = epoch_.fetch_add(1, std::memory_order_acq_rel);
  if (fence_ == EpochFence::collections) os::process_fence();
  return ended;
}

void EpochDomain::take_ready(BatchList& ready, Stall& stall) noexcept {
  gather();
  if (sealed_.empty() && waiting_.empty()) return;
  const std::uint64_t ended = end_epoch();
  const std::uint64_t oldest = oldest_reader(os::coarse_milliseconds(), stall);
  while (!waiting_.empty() && waiting_.front()->epoch < oldest) ready.push_back(*waiting_.pop_front());
  while (RetiredBatch* const batch = sealed_.pop_front()) {
    batch->epoch = batch->first_epoch = ended;
    if (ended < oldest) {
      ready.push_back(*batch);
    } else {
      keep(*batch);
    }
  }
  sealed_blocks_ = 0;
}

// Joined with the last one where both fit into one, so that what waits for a stalled reader takes few
// batches.
void EpochDomain::keep(RetiredBatch& batch) noexcept {
  RetiredBatch* const last = waiting_.back();
  if (last == nullptr || last->count + batch.count > RetiredBatch::kBlocksMax) {
    waiting_.push_back(batch);
    return;
  }
  std::copy_n(batch.blocks.data(), batch.count, last->blocks.data() + last->count);
  last->count += batch.count;
  last->epoch = batch.epoch;
  idle_.push_back(batch);
}

std::uint64_t EpochDomain::oldest_reader(std::uint64_t now, Stall& stall) noexcept {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (EpochRecord* record = records_; record != nullptr; record = record->next) {
    const std::uint64_t epoch = announced_by(*record);
    if (epoch == 0) continue;
    oldest = std::min(oldest, epoch);
    note_held(*record, epoch, now, stall);
  }
  return oldest;
}

// Outside of the lock: destructors may do what they like, retire and enter too.
std::size_t EpochDomain::give_back(BatchList& ready) noexcept {
  if (ready.empty()) return 0;
  EpochRecord* const record = epoch_records::find(id_);
  if (record != nullptr) ++record->reclaiming;
  std::size_t blocks = 0;
  for (RetiredBatch* batch = ready.front(); batch != nullptr; batch = batch->next) {
    blocks += batch->count;
    batch->give_back();
  }
  if (record != nullptr) --record->reclaiming;
  const os::LockGuard guard{lock_};
  charged_ -= blocks;
  reclaimed_.fetch_add(blocks, std::memory_order_relaxed);
  while (RetiredBatch* const batch = ready.pop_front()) idle_.push_back(*batch);
  return blocks;
}

}  // namespace cenote
