/// What one thread says to one epoch domain, and how a thread finds it: that of the domain it used last at once, others in its table.
///
///     announced   0, or the epoch in which its outermost guard began
///     open        the batch it retires into; whoever takes it out by an exchange has it
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/instance_table.hpp>
#include <cenote/detail/retired_batch.hpp>

namespace cenote {

class EpochDomain;

/// Never given back, only used again.
struct alignas(2 * kCacheLine) EpochRecord {
  std::atomic<std::uint64_t> announced{0};   // its thread: release; collections: acquire
  std::atomic<RetiredBatch*> open{nullptr};  // its thread and collections: exchange, acquire; store, release
  std::atomic<std::uint64_t> retired{0};     // blocks so far; its thread
  std::uint32_t depth = 0;                   // guards within each other; its thread
  std::uint32_t reclaiming = 0;              // its thread is giving blocks back
  bool owes = false;                         // it has retired beyond the limit; its thread

  // Under the domain's lock:
  std::atomic<bool> taken{false};  // a thread has it
  bool reported = false;           // as stalled, in the epoch held_epoch
  std::uint64_t held_epoch = 0;    // in which it was seen holding blocks back first,
  std::uint64_t held_since = 0;    // at this time
  std::uint64_t thread_id = 0;
  std::array<char, 32> thread_name{};
  EpochRecord* next = nullptr;  // of the domain's

  // Under the lock of all domains:
  std::uint64_t serial = 0;  // the domain's; 0: none
  EpochDomain* domain = nullptr;

  /// Whether its thread is where waiting for readers could be waiting for itself.
  bool is_inside() const noexcept { return depth != 0 || reclaiming != 0; }
};

namespace epoch_records {

using Table = os::InstanceTable<EpochRecord>;

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_table;
/// One of the table's entries, within reach of one load.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table::Entry t_latest;

/// The calling thread's record of that domain; null when it has none.
inline EpochRecord* find(os::InstanceId domain) noexcept {
  if (t_latest.serial == domain.serial) [[likely]]
    return t_latest.part;
  return t_table.find(domain);
}

/// The same from a slow path, attached when there is none; the next `find` of this domain is the fastest. Null when the thread is past its
/// end, there are too many domains, or the system refuses memory.
EpochRecord* find_or_attach(EpochDomain& domain) noexcept;

/// Enters a domain; without a number when there are too many.
os::InstanceId enter(EpochDomain& domain) noexcept;
/// Forgets a domain and its records; no thread is inside a call on it.
void leave(EpochDomain& domain) noexcept;

}  // namespace epoch_records
}  // namespace cenote
