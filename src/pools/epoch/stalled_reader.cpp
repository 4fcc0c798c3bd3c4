/// When a reader counts as stalled, and who hears of it.
#include <atomic>
#include <cinttypes>

#include <cenote/detail/stalled_reader.hpp>
#include <cenote/epoch_domain.hpp>

#include "base/print_error.hpp"
#include "base/text.hpp"
#include "pools/epoch/stall.hpp"

namespace cenote {
namespace {

void print(const StalledReader& reader) noexcept {
  print_error_format("cenote: epoch domain \"%s\": thread %" PRIu64
                     " \"%s\" has stayed in a guard for %" PRIu64 " ms, and %zu retired block%s\n",
                     text::Printable<>{reader.domain}.get(), reader.thread_id,
                     text::Printable<>{reader.thread}.get(), reader.milliseconds, reader.waiting,
                     reader.waiting == 1 ? " waits" : "s wait");
}

constinit std::atomic<StallHandler> g_handler{&print};

}  // namespace

StallHandler set_stall_handler(StallHandler handler) noexcept {
  return g_handler.exchange(handler != nullptr ? handler : &print, std::memory_order_acq_rel);
}

void report_stalled_reader(const StalledReader& reader) noexcept {
  g_handler.load(std::memory_order_acquire)(reader);
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

}  // namespace cenote
