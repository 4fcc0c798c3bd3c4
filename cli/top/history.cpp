#include "history.hpp"

#include <fmt/format.h>

namespace cenote::cli {
namespace {

using stats::Account, stats::Figure;

void add_known(std::optional<double>& sum, const std::optional<double>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

/// Pools of one name are told apart by their order, which stays.
class Keys {
 public:
  std::string of(const Account& pool) {
    const std::string key = fmt::format("{} {}", static_cast<unsigned>(pool.kind), pool.name);
    return fmt::format("{} {}", key, seen_[key]++);
  }

 private:
  std::unordered_map<std::string, int> seen_{};
};

double difference(std::uint64_t now, std::uint64_t before) noexcept {
  return static_cast<double>(now) - static_cast<double>(before);
}

}  // namespace

Rates& Rates::operator+=(const Rates& other) {
  add_known(allocations, other.allocations);
  add_known(growth, other.growth);
  return *this;
}

void History::add(stats::Snapshot snapshot) {
  const double seconds = difference(snapshot.unix_milliseconds, latest_.unix_milliseconds) / 1000;
  Known known;
  Keys keys;
  rates_.assign(snapshot.pools.size(), {});
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    const Account& pool = snapshot.pools[i];
    const std::string key = keys.of(pool);
    const Counters now{pool[Figure::allocations], pool.live()};
    known[key] = now;
    const auto before = known_.find(key);
    if (before == known_.end() || seconds <= 0) continue;
    rates_[i].growth = difference(now.live_bytes, before->second.live_bytes) / seconds;
    if (now.allocations >= before->second.allocations && now.allocations != 0)
      rates_[i].allocations = difference(now.allocations, before->second.allocations) / seconds;
  }
  known_ = std::move(known);
  moments_.push_back({snapshot.unix_milliseconds, snapshot.resident_bytes, snapshot.process.live()});
  if (moments_.size() > kMomentsMax) moments_.pop_front();
  latest_ = std::move(snapshot);
}

}  // namespace cenote::cli
