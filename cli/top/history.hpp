/// What a process held, look for look: figures over time, and how fast they change.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <cenote/stats.hpp>

namespace cenote::cli {

/// Between two looks, a second. None where it is not known: at the first look, and where a pool does not
/// count.
struct Rates {
  std::optional<double> allocations{};
  std::optional<double> growth{};  // of live bytes

  Rates& operator+=(const Rates& other);
};

class History {
 public:
  static constexpr std::size_t kMomentsMax = 600;

  struct Moment {
    std::uint64_t unix_milliseconds, resident_bytes, live_bytes;
  };

  void add(stats::Snapshot snapshot);

  bool empty() const noexcept { return moments_.empty(); }
  const stats::Snapshot& latest() const noexcept { return latest_; }
  /// Of the pool of this index in the latest snapshot.
  const Rates& rates_of(std::size_t pool) const { return rates_[pool]; }
  /// The oldest first.
  const std::deque<Moment>& moments() const noexcept { return moments_; }

 private:
  struct Counters {
    std::uint64_t allocations, live_bytes;
  };
  using Known = std::unordered_map<std::string, Counters>;

  stats::Snapshot latest_{};
  Known known_{};
  std::vector<Rates> rates_{};
  std::deque<Moment> moments_{};
};

}  // namespace cenote::cli
