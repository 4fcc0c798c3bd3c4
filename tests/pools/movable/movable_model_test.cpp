// Random calls beside a std::map that foretells each answer: compactions change where objects lie, and
// nothing else.
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/movable_pool.hpp>

namespace cenote::test {
namespace {

/// Owns memory, and knows where it lies.
class Note {
 public:
  explicit Note(std::uint64_t seed)
      : text_(40 + seed % 40, static_cast<char>('a' + seed % 26)), seed_{seed} {}
  Note(Note&& other) noexcept : text_{std::move(other.text_)}, seed_{other.seed_} {}
  Note& operator=(Note&&) = delete;
  ~Note() { at_ = nullptr; }

  bool is(std::uint64_t seed) const {
    return at_ == this && seed_ == seed &&
           text_ == std::string(40 + seed % 40, static_cast<char>('a' + seed % 26));
  }

 private:
  const Note* at_ = this;
  std::string text_;
  std::uint64_t seed_;
};

class Model {
 public:
  explicit Model(std::uint32_t seed) : random_{seed} {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      if (i % 64 == 0) look_at_all();
    }
    pins_.clear();
    look_at_all();
    EXPECT_GT(pool_.stats().moved, 0U);
    live_.clear();
    EXPECT_EQ(pool_.size(), 0U);
  }

 private:
  struct Live {
    MovableHandle<Note> handle;
    std::uint64_t seed;
  };
  struct Pinned {
    Pin<Note> pin;
    std::uint64_t seed;
    const Note* at;
  };
  static constexpr std::size_t kMost = 1500;

  void step() {
    switch (random_() % 16) {
      case 0:
        return compact();
      case 1:
        return trim();
      case 2:
      case 3:
        return pin();
      case 4:
        return unpin();
      case 5:
      case 6:
        return end_one();
      default:
        return make();
    }
  }
  void make() {
    const std::uint64_t seed = random_();
    const bool has_room = live_.size() + ended_but_pinned() < kMost;
    Result<MovableHandle<Note>> made = pool_.try_make(seed);
    ASSERT_EQ(made.has_value(), has_room);
    if (!made) return;
    const MovableId id = made->id();
    ASSERT_TRUE(live_.emplace(id, Live{*std::move(made), seed}).second) << "an id is given twice";
  }
  auto any() { return std::next(live_.begin(), static_cast<std::ptrdiff_t>(random_() % live_.size())); }
  void end_one() {
    if (live_.empty()) return;
    const auto it = any();
    const MovableId id = it->first;
    live_.erase(it);
    ASSERT_FALSE(pool_.pin(id));
  }
  void trim() {  // to a tenth, so that a compaction has something to do
    if (random_() % 40 != 0) return;
    while (live_.size() > kMost / 10) live_.erase(any());
  }
  void pin() {
    if (live_.empty() || pins_.size() > 20) return;
    const auto it = any();
    Pin<Note> pin = random_() % 2 == 0 ? it->second.handle.pin() : pool_.pin(it->first);
    ASSERT_TRUE(pin);
    const Note* const at = pin.get();
    pins_.push_back({std::move(pin), it->second.seed, at});
  }
  void unpin() {
    if (pins_.empty()) return;
    std::swap(pins_[random_() % pins_.size()], pins_.back());
    pins_.pop_back();
  }
  void compact() {
    const CompactBudget budget =
        random_() % 2 == 0 ? CompactBudget{} : CompactBudget{.objects = random_() % 100};
    const CompactionReport report = pool_.compact(budget);
    ASSERT_LE(report.moved, budget.objects);
    ASSERT_LE(report.fragmentation_after, report.fragmentation_before);
    pool_.check_invariants();
  }

  /// Objects that pins alone keep: what the pool has more than there are handles.
  std::size_t ended_but_pinned() const { return pool_.size() - live_.size(); }

  void look_at_all() {
    for (const auto& [id, live] : live_) {
      ASSERT_EQ(live.handle.id(), id);
      ASSERT_TRUE(live.handle.pin()->is(live.seed));
    }
    for (const Pinned& pinned : pins_) {
      ASSERT_EQ(pinned.pin.get(), pinned.at);
      ASSERT_TRUE(pinned.at->is(pinned.seed));
    }
    ASSERT_LE(ended_but_pinned(), pins_.size());
    pool_.check_invariants();
  }

  MovablePool<Note> pool_{{.capacity = 10, .capacity_max = kMost}};
  std::mt19937 random_;
  std::map<MovableId, Live> live_;
  std::vector<Pinned> pins_;
};

TEST(MovableModel, ValuesKeepTheirIdentityThroughCompactions) {
  for (std::uint32_t seed = 0; seed < 20 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Model{seed}.run(4000);
  }
}

}  // namespace
}  // namespace cenote::test
