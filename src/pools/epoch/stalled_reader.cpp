/// When a reader counts as stalled.
#include "pools/epoch/stalled_reader.hpp"

namespace cenote {

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

}  // namespace cenote
