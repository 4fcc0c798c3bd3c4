/// How a pool of equal blocks keeps threads apart: a lock of its own, or none.
#pragma once

#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>

namespace cenote {

/// Stands for a lock where one thread at a time uses a pool anyway.
struct NoLock {
  struct ForkHold {
    constexpr explicit ForkHold(NoLock&) noexcept {}
  };
  void lock() noexcept {}
  void unlock() noexcept {}
};

/// A pool's own lock, taken after all others.
class PoolLock : public os::Lock {
 public:
  using ForkHold = os::ScopedForkHold;
  constexpr PoolLock() noexcept : os::Lock{os::LockRank::fixed_pool} {}
};

/// Holds either for a scope.
template <class Mutex>
class [[nodiscard]] PoolGuard {
 public:
  explicit PoolGuard(Mutex& mutex) noexcept : mutex_{mutex} { mutex_.lock(); }
  ~PoolGuard() { mutex_.unlock(); }
  PoolGuard(const PoolGuard&) = delete;
  PoolGuard& operator=(const PoolGuard&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace cenote
