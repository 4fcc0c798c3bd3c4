/// The system's memory with a thumb on it: counts every call, fails the n-th, or refuses one kind for good.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <cenote/memory_source.hpp>

#include "support/threads.hpp"

namespace cenote::test {

/// Forwards to the system. What it has reserved or mapped and not got back is released when it goes.
///
/// Threads     any, as os::Memory.
class FakeMemory final : public os::Memory {
 public:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  FakeMemory() = default;
  FakeMemory(const FakeMemory&) = delete;
  FakeMemory& operator=(const FakeMemory&) = delete;
  ~FakeMemory() {
    for (const os::Region& region : held_) os::g_system_memory.release(region);
  }

  /// The call that may fail (reserve, claim, commit, map, remap, purge) number `n` from now on, and the
  /// `times` - 1 after it, fail.
  void fail_after(std::size_t n, std::size_t times = kNever) {
    left_ = n;
    times_ = times;
  }
  /// Fails nothing from now on, and has not failed yet.
  void reset() {
    left_ = kNever;
    fired_ = false;
  }
  /// Whether one has failed.
  bool fired() const { return fired_; }
  /// How many have failed, ever.
  std::size_t refusals() const { return refusals_; }

  bool refuse_purge = false;  ///< the system keeps the pages: mlock, for example
  bool refuse_commit = false;
  bool refuse_remap = false;
  bool refuse_populate = false;
  std::byte* map_at = nullptr;  ///< where the next map of normal pages must lie, when not null
  std::size_t huge_pages = 0;   ///< reserved ones of 2 MiB that it pretends to have: normal pages behave so

  struct Calls {
    std::size_t reserve = 0, commit = 0, purge = 0, decommit = 0, release = 0, map = 0, remap = 0;
    std::size_t commit_bytes = 0, release_part = 0, claim = 0;
  };
  Calls calls{};

  /// Regions reserved or mapped and not released.
  std::size_t held() const { return held_.size(); }

  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.reserve;
    return fails() ? os::Region{} : note(os::g_system_memory.reserve(bytes, alignment));
  }
  bool commit(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.commit;
    calls.commit_bytes += region.bytes;
    return !fails() && !refuse_commit && os::g_system_memory.commit(region);
  }
  bool commit_huge(os::Region region, PageKind) noexcept override {
    const MutexGuard guard{mutex_};
    const std::size_t pages = region.bytes >> 21;
    if (pages > huge_pages || !os::g_system_memory.commit(region)) return false;
    huge_pages -= pages;
    return true;
  }
  bool purge(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.purge;
    return !fails() && !refuse_purge && os::g_system_memory.purge(region);
  }
  void decommit(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.decommit;
    os::g_system_memory.decommit(region);
  }
  void release(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.release;
    forget(region);
    os::g_system_memory.release(region);
  }
  bool release_part(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.release_part;
    const auto around = std::find_if(held_.begin(), held_.end(), [&](const os::Region& held) {
      return held.start <= region.start && region.end() <= held.end();
    });
    if (around == held_.end() || !os::g_system_memory.release_part(region)) return false;
    const os::Region whole = *around;
    held_.erase(around);
    if (whole.start != region.start)
      note({whole.start, static_cast<std::size_t>(region.start - whole.start)});
    if (whole.end() != region.end())
      note({region.end(), static_cast<std::size_t>(whole.end() - region.end())});
    return true;
  }
  os::Claim claim(os::Region region) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.claim;
    if (fails()) return os::Claim::refused;
    const os::Claim claim = os::g_system_memory.claim(region);
    if (claim == os::Claim::made) note(region);
    return claim;
  }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.map;
    if (fails()) return {};
    if (std::byte* const start = std::exchange(map_at, nullptr)) {
      const os::Region region{start, bytes};
      const bool mapped =
          os::g_system_memory.claim(region) == os::Claim::made && os::g_system_memory.commit(region);
      return mapped ? note(region) : os::Region{};
    }
    return note(os::g_system_memory.map(bytes, alignment));
  }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    const MutexGuard guard{mutex_};
    ++calls.remap;
    if (fails() || refuse_remap) return {};
    const os::Region moved = os::g_system_memory.remap(region, bytes);
    if (moved) {
      forget(region);
      note(moved);
    }
    return moved;
  }
  bool populate(os::Region region) noexcept override {
    return !refuse_populate && os::g_system_memory.populate(region);
  }
  void advise_huge(os::Region region) noexcept override { os::g_system_memory.advise_huge(region); }
  void collapse(os::Region region) noexcept override { os::g_system_memory.collapse(region); }

 private:
  bool fails() {
    if (left_ != 0) {
      if (left_ != kNever) --left_;
      return false;
    }
    if (times_ != kNever && --times_ == 0) left_ = kNever;
    fired_ = true;
    ++refusals_;
    return true;
  }
  os::Region note(os::Region region) {
    if (region) held_.push_back(region);
    return region;
  }
  void forget(os::Region region) {
    const auto same = [&](const os::Region& r) { return r.start == region.start; };
    held_.erase(std::remove_if(held_.begin(), held_.end(), same), held_.end());
  }

  Mutex mutex_;
  std::vector<os::Region> held_;  // under mutex_, as all below
  std::size_t left_ = kNever;
  std::size_t times_ = kNever;
  std::size_t refusals_ = 0;
  bool fired_ = false;
};

}  // namespace cenote::test
