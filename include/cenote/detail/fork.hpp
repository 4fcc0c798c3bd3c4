/// What a fork does to this library: it takes the library's locks, copies the process, and releases the locks
/// in both processes.
///
///     prepare   block signals --> locks of ranks up to `compaction` --> the C library's list of streams --> all other locks, by rank
///     parent    release all of them
///     child     repair what has no lock --> release all of them
///
/// A lock takes part through a ForkHold. The copy then contains no structure that another thread was changing
/// under such a lock.
///
/// Invariants  from the end of `prepare` on, each lock with a ForkHold is held by the fork, also one whose
///             ForkHold is enlisted meanwhile. A process with one thread takes none: nothing is in the middle
///             of a change, unless in the function that a signal handler interrupted.
/// Source      glibc's order, malloc's locks behind those of stdio: its bug 19431; docs/adr/0026.
#pragma once

#include <cstdint>

#include <cenote/detail/lock.hpp>

namespace cenote::os {

/// One lock, or an array of locks of one rank, that each fork takes. Constant-initialised and never
/// destroyed, for locks that live as long as the process.
///
/// Threads     any.
class ForkHold {
 public:
  constexpr explicit ForkHold(Lock& first, std::uint32_t count = 1,
                              std::uint32_t stride = sizeof(Lock)) noexcept
      : first_{&first}, count_{count}, stride_{stride} {}
  ForkHold(const ForkHold&) = delete;
  ForkHold& operator=(const ForkHold&) = delete;

  /// From now on forks take the locks, which nobody holds yet. Does nothing when that was said before.
  void enlist() noexcept;
  /// Forks no longer take the locks: they are about to be destroyed. Waits for the end of a fork in progress.
  void withdraw() noexcept;

 private:
  friend class ForkHolds;

  Lock& lock_at(std::uint32_t index) const noexcept;
  void release() noexcept;

  Lock* first_;
  std::uint32_t count_;
  std::uint32_t stride_;  // bytes from one lock to the next
  // Under the lock of all ForkHolds.
  ForkHold* next_ = nullptr;
  ForkHold* previous_ = nullptr;
  bool is_listed_ = false;
  bool is_held_ = false;  // by a fork
};

/// For the locks of an object that comes and goes.
class ScopedForkHold : public ForkHold {
 public:
  explicit ScopedForkHold(Lock& lock) noexcept : ForkHold{lock} { enlist(); }
  ~ScopedForkHold() { withdraw(); }
};

/// A function that runs in each child, before the locks are released there: it repairs what other threads
/// were changing without a lock that forks take. It may not take locks.
struct ForkRepair {
  void (*in_child)() noexcept;
  ForkRepair* next = nullptr;
};

/// `repair` must live as long as the process. Once for each; while there is one thread, or under a lock that
/// forks take.
void repair_after_forks(ForkRepair& repair) noexcept;

}  // namespace cenote::os
