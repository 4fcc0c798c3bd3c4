/// All orders of steps of ThreadCachedCore::caches_are_empty beside threads that use their caches: it may say
/// "all empty" only when all were empty at one moment of its run.
///
/// The model: two slots, each with a caller or in one of three caches. A use is a step, since it writes its
/// cache's word once: a take lowers the count and raises the number of takes. Each read of a word is a step.
/// Bounds: seven uses; sequentially consistent, as x86 is for the loads of one thread beside the stores of
/// others.
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace cenote::test {
namespace {

enum class CollectDefect : std::uint8_t {
  none,
  one_reading,      ///< the caches are read once
  takes_not_summed  ///< twice, but nobody compares the takes
};

constexpr int kCaches = 3;
constexpr int kSlots = 2;

struct CollectState {
  int with_callers = 0;  // slots
  std::array<int, kCaches> counts{};
  std::array<int, kCaches> takes{};
  int uses_left = 7;
  int next_read = 0;  // 0 to 2 * kCaches; then done
  std::array<int, 2> summed{};
  bool gave_up = false;
  bool was_empty = false;  // all caches, at some moment since the first read

  auto key() const {
    return std::tie(with_callers, counts, takes, uses_left, next_read, summed, gave_up, was_empty);
  }
  bool operator<(const CollectState& other) const { return key() < other.key(); }
};

class CollectWalk {
 public:
  explicit CollectWalk(CollectDefect defect)
      : reads_{defect == CollectDefect::one_reading ? kCaches : 2 * kCaches}, defect_{defect} {
    CollectState from;
    from.with_callers = kSlots;
    visit(from);
    for (std::size_t cache = 0; cache < kCaches; ++cache) {
      from = {};
      from.with_callers = kSlots - 1;
      from.counts[cache] = 1;
      visit(from);
    }
  }

  /// Orders in which it says so, rightly or wrongly.
  struct Verdicts {
    int right = 0, wrong = 0;
  };
  Verdicts run() {
    Verdicts verdicts;
    while (!left_.empty()) {
      const CollectState state = left_.back();
      left_.pop_back();
      if (says_empty(state)) ++(state.was_empty ? verdicts.right : verdicts.wrong);
      use(state);
      if (!state.gave_up && state.next_read < reads_) read(state);
    }
    return verdicts;
  }

 private:
  bool says_empty(const CollectState& s) const {
    if (s.gave_up || s.next_read < reads_) return false;
    return defect_ != CollectDefect::none || s.summed[0] == s.summed[1];
  }
  void use(CollectState from) {
    if (from.uses_left-- == 0) return;
    for (std::size_t cache = 0; cache < kCaches; ++cache) {
      if (CollectState taken = from; from.counts[cache] != 0) {
        --taken.counts[cache];
        ++taken.takes[cache];
        ++taken.with_callers;
        visit(taken);
      }
      if (CollectState put = from; from.with_callers != 0) {
        ++put.counts[cache];
        --put.with_callers;
        visit(put);
      }
    }
  }
  void read(CollectState s) {
    const auto cache = static_cast<std::size_t>(s.next_read % kCaches);
    s.gave_up = s.counts[cache] != 0;
    s.summed[static_cast<std::size_t>(s.next_read++ / kCaches)] += s.takes[cache];
    visit(s);
  }
  void visit(CollectState s) {
    if (s.with_callers == kSlots && s.next_read < reads_) s.was_empty = true;
    if (seen_.insert(s).second) left_.push_back(s);
  }

  int reads_;
  CollectDefect defect_;
  std::set<CollectState> seen_;
  std::vector<CollectState> left_;
};

TEST(DoubleCollect, SaysEmptyOnlyWhenAllCachesWereEmptyAtOnce) {
  const auto [right, wrong] = CollectWalk{CollectDefect::none}.run();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(right, 0);
}

TEST(DoubleCollect, OneReadingIsNotEnough) {
  EXPECT_GT(CollectWalk{CollectDefect::one_reading}.run().wrong, 0);
}

TEST(DoubleCollect, TwoReadingsAreNotEnoughWithoutTheTakes) {
  EXPECT_GT(CollectWalk{CollectDefect::takes_not_summed}.run().wrong, 0);
}

}  // namespace
}  // namespace cenote::test
