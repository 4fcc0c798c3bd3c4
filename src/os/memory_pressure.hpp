/// What the system says when memory runs short: for the machine, and for the process's control group.
///
/// Source  Linux's Documentation/accounting/psi.rst; admin-guide/cgroup-v2.rst, "Memory Interface Files".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote::os {

/// How long threads must wait for memory, within a window, for the system to signal it.
struct StallTrigger {
  std::uint32_t stall_ms = 150;
  std::uint32_t window_ms = 1000;
};

struct PressureSignals {
  bool some_stalled = false;  ///< some threads waited for memory for that long
  bool all_stalled = false;   ///< all of them did, at the same time
};

/// A control group that limits the process: of its own and those above it, the one that is nearest to its
/// limit.
struct GroupMemory {
  /// but file pages, which the system takes back by itself; with them below half of the limit
  std::size_t held = 0;
  std::size_t limit = 0;     ///< the lesser of memory.high and memory.max; 0: nothing limits the process
  std::uint64_t pushes = 0;  ///< how often what all groups on the way up held met memory.high or memory.max
  std::uint64_t kills = 0;   ///< how often the system found nothing left to take back there
};

/// Its files keep away from low numbers, and one that the program has closed behind its back, or put another
/// in its place, is let go.
///
/// Threads     wait(): one at a time; all others: any.
class PressureWatch {
 public:
  PressureWatch() noexcept = default;
  /// Opens what there is. Files are looked for below `root`, which is empty but in tests and for containers
  /// that see the machine's own files elsewhere.
  PressureWatch(StallTrigger trigger, std::string_view root) noexcept;
  PressureWatch(const PressureWatch&) = delete;
  PressureWatch& operator=(const PressureWatch&) = delete;
  ~PressureWatch();

  /// Whether the system signals stalls to this process.
  bool hears_stalls() const noexcept;
  /// Whether there is a control group that says what it holds.
  bool sees_group() const noexcept;

  /// Sleeps until the system signals something, or a group's counts change, or end(), at most `milliseconds`.
  PressureSignals wait(std::int64_t milliseconds) noexcept;
  /// From now on wait() waits for nothing.
  void end() noexcept;

  /// Reads a few small files; allocates nothing.
  GroupMemory group() const noexcept;

 private:
  static constexpr std::intptr_t kNone = -1;
  static constexpr std::size_t kPathMax = 512;

  // Who waits; not all platforms have them all.
  [[maybe_unused]] std::intptr_t some_ = kNone, all_ = kNone, events_ = kNone;
  [[maybe_unused]] bool waits_for_end_ = true;
  [[maybe_unused]] std::intptr_t end_ = kNone;
  std::atomic<bool> is_ended_{false};
  [[maybe_unused]] std::array<char, kPathMax> tree_{};   // where groups are mounted
  [[maybe_unused]] std::array<char, kPathMax> group_{};  // below it; ends without a slash
  [[maybe_unused]] bool hears_stalls_ = false, sees_group_ = false;
};

/// The least of the machine's memory and what the process's control group, and those above it, allow; 0 where
/// the system does not say. What others in the same group use is theirs. Reads a few small files; allocates
/// nothing.
std::size_t memory_limit() noexcept;

}  // namespace cenote::os
