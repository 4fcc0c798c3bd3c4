/// What each thread has of a domain: a record of its own, or the one that all others share; and what a fork
/// leaves of them.
#include <cenote/epoch_domain.hpp>

#include "os/thread.hpp"

namespace cenote {

// --- records -----------------------------------------------------------------------------------------------

namespace {

void introduce(EpochRecord& record) noexcept {
  record.taken.store(true, std::memory_order_relaxed);
  record.thread_id = os::thread_id();
  os::thread_name(record.thread_name);
  record.held_epoch = 0;
}

}  // namespace

EpochRecord* EpochDomain::adopt_ended() noexcept {
  const os::LockGuard guard{lock_};
  for (EpochRecord* record = records_; record != &shared_; record = record->next) {
    if (record->taken.load(std::memory_order_relaxed)) continue;
    introduce(*record);
    return record;
  }
  return nullptr;
}

void EpochDomain::adopt(EpochRecord& record) noexcept {
  introduce(record);
  const os::LockGuard guard{lock_};
  record.next = records_;
  records_ = &record;
}

void EpochDomain::let_go(EpochRecord& record) noexcept {
  if (record.depth != 0) return;
  const os::LockGuard guard{lock_};
  if (RetiredBatch* const batch = record.open.exchange(nullptr, std::memory_order_acquire)) seal(*batch);
  record.owes = false;
  record.taken.store(false, std::memory_order_relaxed);
}

EpochRecord* EpochDomain::drop_record() noexcept {
  const os::LockGuard guard{lock_};
  if (records_ == &shared_) return nullptr;
  EpochRecord* const record = records_;
  records_ = record->next;
  return record;
}

// Blocks that another thread was just adding, or giving back, are lost to the child.
void EpochDomain::forget_others(const EpochRecord* mine) noexcept {
  charged_ = 0;
  std::uint64_t retired = 0, waiting = 0;
  for (EpochRecord* record = records_; record != nullptr; record = record->next) {
    retired += record->retired.load(std::memory_order_relaxed);
    if (const RetiredBatch* const open = record->open.load(std::memory_order_acquire)) {
      charged_ += open->room;
      waiting += open->count;
    }
    if (record == mine || record == &shared_) continue;
    record->announced.store(0, std::memory_order_relaxed);
    record->depth = record->reclaiming = 0;
    record->owes = false;
    record->taken.store(false, std::memory_order_relaxed);
  }
  for (const BatchList* const list : {&sealed_, &waiting_}) {
    for (const RetiredBatch* batch = list->front(); batch != nullptr; batch = batch->next) {
      charged_ += batch->count;
      waiting += batch->count;
    }
  }
  reclaimed_.store(retired - waiting, std::memory_order_relaxed);
}

// --- guards ------------------------------------------------------------------------------------------------

EpochDomain::Guard EpochDomain::enter_slow() noexcept {
  if (EpochRecord* const record = epoch_records::find_or_attach(*this)) {
    if (record->depth++ == 0) announce(*record);
    return Guard{*this, record};
  }
  const os::LockGuard guard{lock_};
  if (shared_.depth++ == 0) announce(shared_);
  return Guard{*this, nullptr};
}

void EpochDomain::leave_slow() noexcept {
  const os::LockGuard guard{lock_};
  if (--shared_.depth == 0) shared_.announced.store(0, std::memory_order_release);
}

}  // namespace cenote
