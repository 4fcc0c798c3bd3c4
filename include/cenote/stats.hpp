/// What everything with a name holds, at one moment.
///
///     const stats::Snapshot now = stats::snapshot();
///     std::puts(stats::to_table(now).c_str());
///
/// Invariants  `process` is the sum of all `pools` that do not borrow their memory from others of them; each
///             account adds up: live + cached + free = committed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cenote/detail/account.hpp>

namespace cenote::stats {

struct Snapshot {
  std::uint64_t process_id = 0;
  std::uint64_t unix_milliseconds = 0;
  std::uint64_t resident_bytes = 0;  ///< of the whole process, as the system counts; 0: it does not say
  Account process{};
  std::vector<Account> pools{};  ///< the page heap, the heaps, then the others, the oldest first

  /// Resident bytes that nobody here holds: code, stacks, files, other allocators. 0 where live blocks were
  /// not all touched.
  std::uint64_t other_bytes() const noexcept {
    return resident_bytes > process.resident() ? resident_bytes - process.resident() : 0;
  }
};

/// A part of what is resident.
struct Reason {
  std::string_view name;     ///< "thread caches"
  std::string_view meaning;  ///< "free blocks that one thread keeps"
  std::uint64_t bytes = 0;
  bool is_unknown = false;  ///< `bytes` is 0 since nobody counts them
};
inline constexpr std::size_t kReasons = 8;

/// Why more is resident than is live: live bytes first, what is none of the pools' last.
std::array<Reason, kReasons> why_resident(const Snapshot& snapshot) noexcept;

/// Every named pool and arena and every heap of this process. Others may go on meanwhile: each account adds
/// up, but blocks that are taken or given back while it is made are counted before or after.
///
/// Throws std::bad_alloc. Threads: any. Complexity O(pools + units of 64 KiB + blocks in thread caches); 0.2
/// ms for 1,000 pools.
Snapshot snapshot();

/// For people: a table, and why more is resident than is live.
std::string to_table(const Snapshot& snapshot);
/// One JSON object: {"process_id", "unix_milliseconds", "resident_bytes", "other_bytes", "process": ACCOUNT,
/// "pools": [ACCOUNT...]}, where ACCOUNT has "kind", "name", "borrows", each figure by its name, and the sums
/// "live_bytes", "cached_bytes", "free_bytes" and "committed_bytes".
std::string to_json(const Snapshot& snapshot);
/// OpenMetrics 1.0 text, for Prometheus and its kin: a family for each figure, labels `kind` and `pool`.
std::string to_openmetrics(const Snapshot& snapshot);

/// A process among others.
struct ProcessSnapshot {
  std::string command;
  Snapshot snapshot{};
};
/// The same of several processes, each series with the labels `pid` and `command` too.
std::string to_openmetrics(std::span<const ProcessSnapshot> processes);

}  // namespace cenote::stats
