/// How a domain begins and ends, and what it says of itself.
#include <algorithm>

#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/epoch_domain.hpp>

#include "base/text.hpp"
#include "os/thread.hpp"
#include "pools/epoch/retired_batches.hpp"

namespace cenote {
namespace {

// Sixteen full batches: a process fence of 10 us is then 10 ns a block (bench/pools, case epoch_retire).
constexpr std::size_t kCollectAt = std::size_t{16} * RetiredBatch::kBlocksMax;

std::size_t bound_of(const EpochOptions& options) noexcept {
  return options.retired_max == 0 ? SIZE_MAX : options.retired_max;
}

EpochFence granted(EpochFence wanted) noexcept {
  return os::process_fence_available() ? wanted : EpochFence::readers;
}

}  // namespace

// --- life --------------------------------------------------------------------------------------------------

EpochDomain::EpochDomain(const EpochOptions& options) noexcept
    : fence_{granted(options.fence)},
      retired_max_{bound_of(options)},
      batch_room_{static_cast<std::uint32_t>(
          std::clamp<std::size_t>(retired_max_ / RetiredBatch::kBlocksMax, 1, RetiredBatch::kBlocksMax))},
      collect_at_{std::clamp<std::size_t>(retired_max_ / 4, 1, kCollectAt)},
      stall_after_ms_{options.stall_after_ms} {
  text::cut(options.name, stats::kNameMax).copy(name_.data(), stats::kNameMax);
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

// --- statistics --------------------------------------------------------------------------------------------

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
