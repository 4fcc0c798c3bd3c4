#include <algorithm>
#include <limits>

#include <cenote/base/alloc_failure.hpp>
#include <cenote/epoch/epoch_domain.hpp>
#include <cenote/epoch/stalled_reader.hpp>
#include <cenote/os/process_fence.hpp>
#include <cenote/os/system.hpp>
#include <cenote/os/thread.hpp>
#include <cenote/os/wait.hpp>

#include "epoch/retired_batches.hpp"

namespace cenote {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// Sixteen full batches: a process fence of 10 us is then 10 ns a block (bench/pools, case epoch_retire).
constexpr std::size_t kCollectAt = std::size_t{16} * RetiredBatch::kBlocksMax;

std::size_t bound_of(const EpochOptions& options) noexcept {
  return options.retired_max == 0 ? SIZE_MAX : options.retired_max;
}

EpochFence granted(EpochFence wanted) noexcept {
  return os::process_fence_available() ? wanted : EpochFence::readers;
}

// Blocks of one pool together; a pool of its own is rare.
void give_back_all(RetiredBatch& batch) noexcept {
  Retired* first = batch.blocks.data();
  Retired* const end = first + batch.count;
  while (first != end) {
    const Retired head = *first;
    Retired* const others =
        std::partition(first, end, [&](const Retired& each) { return each.goes_with(head); });
    std::array<void*, RetiredBatch::kBlocksMax> blocks;
    const auto count = static_cast<std::size_t>(others - first);
    std::transform(first, others, blocks.begin(), [](const Retired& each) { return each.block; });
    head.give_back(head.context, {blocks.data(), count});
    first = others;
  }
}

// For others to go on: at first by giving the processor up, then by sleeping.
void pause(unsigned round) noexcept {
  constexpr unsigned kYields = 32;
  if (round < kYields) {
    os::yield_thread();
    return;
  }
  const std::atomic<std::uint32_t> nobody_writes_this{0};
  os::wait_while(nobody_writes_this, 0, 1);
}

}  // namespace

/// A reader that was found to hold blocks back for too long, and was not reported yet.
struct EpochDomain::Stall {
  bool found = false;
  StalledReader reader{};
  std::array<char, sizeof(EpochRecord::thread_name)> thread{};  // the record may serve another one soon
};

// --- life ---------------------------------------------------------------------------------------------------------------------------

EpochDomain::EpochDomain(const EpochOptions& options) noexcept
    : fence_{granted(options.fence)},
      retired_max_{bound_of(options)},
      batch_room_{static_cast<std::uint32_t>(
          std::clamp<std::size_t>(retired_max_ / RetiredBatch::kBlocksMax, 1, RetiredBatch::kBlocksMax))},
      collect_at_{std::clamp<std::size_t>(retired_max_ / 4, 1, kCollectAt)},
      stall_after_ms_{options.stall_after_ms} {
  name_[options.name.copy(name_.data(), stats::kNameMax)] = '\0';
  id_ = epoch_records::enter(*this);
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges;
  gauges.borrows = true;
  listed_.open(
      stats::Kind::epoch_domain, name(),
      gauges.add(Gauge::in_list(Figure::blocks_in_use, records_, &EpochRecord::next, &EpochRecord::retired))
          .add(Gauge::of(Figure::blocks_in_use, reclaimed_, -1))
          .add(Gauge::in_list(Figure::allocations, records_, &EpochRecord::next, &EpochRecord::retired))
          .add(Gauge::of(Figure::metadata, metadata_bytes_)));
}

EpochDomain::~EpochDomain() {
  CENOTE_CHECK(stats().readers == 0, "an EpochDomain ends while a thread is inside one of its guards");
  while (collect() != 0) {
  }
  listed_.close();
  {
    const os::LockGuard guard{lock_};
    gather();
    while (RetiredBatch* const batch = sealed_.pop_front()) idle_.push_back(*batch);
  }
  retired_batches::put_all(idle_);
  epoch_records::leave(*this);
}

// --- records ------------------------------------------------------------------------------------------------------------------------

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

// --- guards -------------------------------------------------------------------------------------------------------------------------

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

// The thread has no guard any more: who waits here waits for others.
void EpochDomain::settle(EpochRecord& record) noexcept {
  if (record.is_inside()) return;
  record.owes = false;
  for (unsigned round = 0; is_over_limit(); ++round) {
    if (collect() == 0) pause(round);
  }
}

bool EpochDomain::is_over_limit() noexcept {
  const os::LockGuard guard{lock_};
  return charged_ > retired_max_;
}

// --- retiring -----------------------------------------------------------------------------------------------------------------------

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
    pause(round);
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

// --- collecting ---------------------------------------------------------------------------------------------------------------------

std::size_t EpochDomain::collect() noexcept {
  BatchList ready;
  Stall stall;
  {
    const os::LockGuard guard{lock_};
    take_ready(ready, stall);
  }
  if (stall.found) {
    stall.reader.thread = stall.thread.data();
    report_stalled_reader(stall.reader);
  }
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
    if (round != 0) pause(round);
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

// What is out of reach before: who reads the raised epoch sees that, and who is not seen to have announced one after the fence, too.
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

// Joined with the last one where both fit into one, so that what waits for a stalled reader takes few batches.
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
  std::uint64_t oldest = kNever;
  for (EpochRecord* record = records_; record != nullptr; record = record->next) {
    const std::uint64_t epoch = announced_by(*record);
    if (epoch == 0) continue;
    oldest = std::min(oldest, epoch);
    note_held(*record, epoch, now, stall);
  }
  return oldest;
}

// A record's next guard has a later epoch: the one that ends now.
void EpochDomain::note_held(EpochRecord& record, std::uint64_t epoch, std::uint64_t now,
                            Stall& stall) noexcept {
  if (record.held_epoch != epoch) {
    record.held_epoch = epoch;
    record.held_since = now;
    record.reported = false;
  } else if (!record.reported && !stall.found && is_stalled(record, now)) {
    record.reported = stall.found = true;
    stall.thread = record.thread_name;
    stall.reader = {.domain = name(),
                    .thread_id = record.thread_id,
                    .thread = nullptr,
                    .milliseconds = now - record.held_since,
                    .waiting = waiting_blocks()};
  }
}

bool EpochDomain::is_stalled(const EpochRecord& record, std::uint64_t now) const noexcept {
  return record.held_epoch != 0 && record.announced.load(std::memory_order_relaxed) == record.held_epoch &&
         now - record.held_since >= stall_after_ms_;
}

// Outside of the lock: destructors may do what they like, retire and enter too.
std::size_t EpochDomain::give_back(BatchList& ready) noexcept {
  if (ready.empty()) return 0;
  EpochRecord* const record = epoch_records::find(id_);
  if (record != nullptr) ++record->reclaiming;
  std::size_t blocks = 0;
  for (RetiredBatch* batch = ready.front(); batch != nullptr; batch = batch->next) {
    blocks += batch->count;
    give_back_all(*batch);
  }
  if (record != nullptr) --record->reclaiming;
  const os::LockGuard guard{lock_};
  charged_ -= blocks;
  reclaimed_.fetch_add(blocks, std::memory_order_relaxed);
  while (RetiredBatch* const batch = ready.pop_front()) idle_.push_back(*batch);
  return blocks;
}

// --- statistics ---------------------------------------------------------------------------------------------------------------------

std::size_t EpochDomain::waiting_blocks() const noexcept {
  std::uint64_t retired = 0;
  for (const EpochRecord* record = records_; record != nullptr; record = record->next)
    retired += record->retired.load(std::memory_order_relaxed);
  return static_cast<std::size_t>(retired - reclaimed_.load(std::memory_order_relaxed));
}

EpochStats EpochDomain::stats() const noexcept {
  const os::LockGuard guard{lock_};
  const std::uint64_t now = os::coarse_milliseconds();
  EpochStats stats{
      .epoch = epoch_.load(std::memory_order_relaxed),
      .reclaimed = reclaimed_.load(std::memory_order_relaxed),
      .waiting = waiting_blocks(),
      .retired_max = retired_max_ == SIZE_MAX ? 0 : retired_max_,
      .metadata_bytes = static_cast<std::size_t>(metadata_bytes_.load(std::memory_order_relaxed))};
  stats.retired = stats.reclaimed + stats.waiting;
  for (const EpochRecord* record = records_; record != nullptr; record = record->next) {
    if (record->taken.load(std::memory_order_relaxed)) ++stats.threads;
    if (record->announced.load(std::memory_order_acquire) == 0) continue;
    ++stats.readers;
    if (is_stalled(*record, now)) ++stats.stalled;
  }
  return stats;
}

}  // namespace cenote
