/// A central pool's slabs that no thread owns, by class: which to adopt next, and which to purge.
///
///     rest --> resting, free pages may be resident --find: two periods without a change; the central pool purges--> settle --> settled
///
/// A block that comes home makes a settled one rest again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/page_heap.hpp>
#include <cenote/detail/size_classes.hpp>
#include <cenote/detail/slab.hpp>

namespace cenote {

/// Threads     under the central pool's lock, but for `begin_period`, and for `is_empty` as a hint.
class AbandonedSlabs {
 public:
  enum class Age { cold, any };

  /// `pages` is told how much rests.
  explicit constexpr AbandonedSlabs(PageHeap& pages) noexcept : pages_{pages} {}

  bool is_empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

  /// The next to adopt, null when there is none: those that rest come first, the latest of them, since their
  /// pages are resident.
  Slab* next(SizeClass c) const noexcept;
  /// From now on `next` gives any other of its kind before this one.
  void pass_over(Slab& slab) noexcept;

  void rest(Slab& slab) noexcept;
  void settle(Slab& slab) noexcept;
  void remove(Slab& slab) noexcept;

  /// One that rests, cold or any; null when there is none. O(classes).
  Slab* find(Age age) noexcept;
  /// What has not changed for two periods is cold.
  void begin_period() noexcept { period_.fetch_add(1, std::memory_order_relaxed); }

 private:
  using List = IntrusiveList<Slab, &Slab::link>;
  static constexpr std::uint32_t kPeriodsToCold = 2;

  List& list_of(const Slab& slab) noexcept {
    return (slab.state == SlabState::resting ? resting_ : settled_)[slab.size_class.index];
  }
  bool is_cold(const Slab& slab) const noexcept {
    return period_.load(std::memory_order_relaxed) - slab.rests_since >= kPeriodsToCold;
  }

  PageHeap& pages_;
  std::array<List, kClassCount> resting_{};  // longest first
  std::array<List, kClassCount> settled_{};
  std::uint8_t next_class_ = 0;  // where `find` goes on
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> period_{0};
};

}  // namespace cenote
