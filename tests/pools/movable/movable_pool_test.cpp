// Each public function of a movable pool, its handles and pins.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/movable_pool.hpp>

#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/resident.hpp"

namespace cenote::test {
namespace {

struct Point {
  std::uint64_t x, y;
};

/// Knows where it lies, so that a move that was no move shows; counts those alive.
class Located {
 public:
  explicit Located(int n) : number{n} { ++alive; }
  Located(int, std::nullptr_t) { throw std::runtime_error{"told to"}; }
  Located(Located&& other) noexcept : number{other.number}, text{std::move(other.text)} { ++alive; }
  Located& operator=(Located&&) = delete;
  ~Located() { --alive; }
  bool is_whole() const {
    return at == this && text == "the text of an object, too long to lie inside of it";
  }

  int number;
  std::string text = "the text of an object, too long to lie inside of it";
  const Located* at = this;
  static inline int alive = 0;
};

template <class T>
std::vector<MovableHandle<T>> fill(MovablePool<T>& pool, std::size_t count) {
  std::vector<MovableHandle<T>> handles;
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_same_v<T, Point>) {
      handles.push_back(pool.make(Point{i, ~i}));
    } else {
      handles.push_back(pool.make(static_cast<int>(i)));
    }
  }
  return handles;
}

/// Keeps every `step`-th.
template <class T>
void thin_out(std::vector<MovableHandle<T>>& handles, std::size_t step) {
  std::vector<MovableHandle<T>> kept;
  for (std::size_t i = 0; i < handles.size(); i += step) kept.push_back(std::move(handles[i]));
  handles = std::move(kept);
}

TEST(MovablePool, MakesAndDestroys) {
  MovablePool<Located> pool{{.capacity = 10}};
  {
    const MovableHandle<Located> one = pool.make(1);
    Result<MovableHandle<Located>> two = pool.try_make(2);
    ASSERT_TRUE(two);
    EXPECT_EQ(one.pin()->number, 1);
    EXPECT_EQ((*two->pin()).number, 2);
    EXPECT_EQ(pool.size(), 2U);
    two->reset();
    EXPECT_FALSE(*two);
    EXPECT_EQ(Located::alive, 1);
  }
  EXPECT_EQ(Located::alive, 0);
  EXPECT_EQ(pool.size(), 0U);
  pool.check_invariants();
}

TEST(MovablePool, HoldsAsManyAsItMayAndNoMore) {
  MovablePool<Point> pool{{.capacity = 3, .capacity_max = 5000}};
  EXPECT_EQ(pool.capacity_max(), 5000U);
  std::vector<MovableHandle<Point>> handles = fill(pool, 5000);
  EXPECT_EQ(pool.try_make(Point{}).error(), AllocError::exhausted);
  EXPECT_THROW(static_cast<void>(pool.make(Point{})), AllocFailure);
  EXPECT_EQ(pool.stats().failures, 2U);
  for (std::size_t i = 0; i < handles.size(); ++i) EXPECT_EQ(handles[i].pin()->x, i);
  handles.pop_back();
  EXPECT_TRUE(pool.try_make(Point{}));
  pool.check_invariants();
}

TEST(MovablePool, RefusesOptionsThatMakeNoSense) {
  const auto error = [](const MovableOptions& options) {
    return MovablePool<Point>::create(options).error();
  };
  EXPECT_EQ(error({}), AllocError::bad_option);
  EXPECT_EQ(error({.capacity = 10, .capacity_max = 9}), AllocError::bad_option);
  EXPECT_EQ(error({.capacity_max = SIZE_MAX}), AllocError::too_large);
  EXPECT_EQ(error({.capacity_max = SIZE_MAX / 16}), AllocError::too_large);
  try {
    const MovablePool<Point> pool{{.capacity = 10, .capacity_max = 9}};
    FAIL() << "made";
  } catch (const AllocFailure& failure) {
    EXPECT_STREQ(failure.what(), "bad_option: capacity_max is below capacity");
  }
}

TEST(MovablePool, AThrowingConstructorLeavesItAsItWas) {
  MovablePool<Located> pool{{.capacity = 2}};
  const auto first = pool.make(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THROW(static_cast<void>(pool.make(1, nullptr)), std::runtime_error);
    EXPECT_THROW(static_cast<void>(pool.try_make(1, nullptr)), std::runtime_error);
  }
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_TRUE(pool.try_make(2));
  pool.check_invariants();
}

TEST(MovablePool, AlignsItsObjects) {
  struct alignas(512) Wide {
    char bytes[512];
  };
  struct Odd {
    char bytes[3000];
  };
  MovablePool<Wide> wide{{.capacity_max = 100}};
  MovablePool<Odd> odd{{.capacity_max = 100}};
  std::vector<MovableHandle<Wide>> wides;
  std::vector<MovableHandle<Odd>> odds;
  for (int i = 0; i < 100; ++i) {
    wides.push_back(wide.make());
    odds.push_back(odd.make());
    std::fill_n(odds.back().pin()->bytes, sizeof(Odd), static_cast<char>(i));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wides.back().pin().get()) % 512, 0U);
  }
  for (std::size_t i = 0; i < 100; ++i) {
    const Pin<Odd> pin = odds[i].pin();
    EXPECT_EQ(std::count(pin->bytes, pin->bytes + sizeof(Odd), static_cast<char>(i)), 3000);
  }
  EXPECT_GE(odd.stats().frame_bytes, sizeof(Odd));
  odd.check_invariants();
}

TEST(MovablePool, MovesWithItsObjects) {
  MovablePool<Located> third{{.capacity = 1}};
  MovablePool<Located> first{{.capacity = 4}};
  const auto handle = first.make(7);
  MovablePool<Located> second{std::move(first)};
  third = std::move(second);
  EXPECT_EQ(handle.pin()->number, 7);
  EXPECT_EQ(third.size(), 1U);
}

TEST(MovablePool, ReportsObjectsThatOutliveIt) {
  LeakRecorder recorder;
  alignas(MovableHandle<Point>)
      std::byte lost[2][sizeof(MovableHandle<Point>)];  // whose destructors never run
  {
    MovablePool<Point> pool{{.capacity = 4, .name = "leaky"}};
    for (auto& room : lost) new (room) MovableHandle<Point>{pool.make(Point{})};
    const auto kept = pool.make(Point{});
  }
  const std::vector<LeakRecorder::Record> leaks = recorder.take();
  ASSERT_EQ(leaks.size(), 1U);
  EXPECT_EQ(leaks[0].pool, "leaky");
  EXPECT_EQ(leaks[0].blocks, 2U);
}

// --- handles and pins --------------------------------------------------------------------------------------

TEST(MovableHandle, IsItsObjectsIdentity) {
  MovablePool<Point> pool{{.capacity = 4}};
  MovableHandle<Point> one = pool.make(Point{1, 1}), two = pool.make(Point{1, 1});
  const MovableId id = one.id();
  EXPECT_NE(one, two);
  EXPECT_NE(id, two.id());
  MovableHandle<Point> moved = std::move(one);
  EXPECT_EQ(moved.id(), id);
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(one, MovableHandle<Point>{});
  moved = std::move(two);
  EXPECT_EQ(pool.size(), 1U);
}

TEST(MovableHandle, APinKeepsAnObjectAliveBehindItsHandle) {
  MovablePool<Located> pool{{.capacity = 4}};
  MovableHandle<Located> handle = pool.make(1);
  Pin<Located> first = handle.pin();
  const MovableId id = handle.id();
  {
    const Pin<Located> second = first;
    handle.reset();
    first.reset();
    EXPECT_EQ(Located::alive, 1);
    EXPECT_EQ(second->number, 1);
    EXPECT_FALSE(pool.pin(id)) << "an object that is to end cannot be pinned anew by its id";
  }
  EXPECT_EQ(Located::alive, 0);
  EXPECT_EQ(pool.size(), 0U);
  pool.check_invariants();
}

TEST(MovableHandle, AnEmptyOneThatIsPinnedIsReported) {
  MisuseRecorder recorder;
  const MovableHandle<Point> none;
  EXPECT_FALSE(none.pin());
  const std::vector<MisuseRecorder::Record> misuses = recorder.take();
  ASSERT_EQ(misuses.size(), 1U);
  EXPECT_EQ(misuses[0].error, AllocError::foreign_block);
}

TEST(MovableHandle, ACopyOfItsBytesThatEndsIsReportedAndHarmless) {
  MisuseRecorder recorder;
  MovablePool<Located> pool{{.capacity = 4, .name = "copied"}};
  alignas(MovableHandle<Located>) std::byte copy[sizeof(MovableHandle<Located>)];
  MovableHandle<Located> handle = pool.make(1);
  std::copy_n(reinterpret_cast<const std::byte*>(&handle), sizeof handle, copy);
  auto* const stale = reinterpret_cast<MovableHandle<Located>*>(copy);
  handle.reset();
  EXPECT_FALSE(stale->pin());
  const MovableHandle<Located> next = pool.make(2);  // in the same entry
  stale->reset();
  const std::vector<MisuseRecorder::Record> misuses = recorder.take();
  ASSERT_EQ(misuses.size(), 2U);
  EXPECT_EQ(misuses[1].error, AllocError::double_free);
  EXPECT_EQ(misuses[1].pool, "copied");
  EXPECT_EQ(next.pin()->number, 2);
  pool.check_invariants();
}

TEST(MovableId, PinsItsObjectAndNoOther) {
  MovablePool<Located> pool{{.capacity = 4}};
  MovableHandle<Located> handle = pool.make(1);
  const MovableId id = handle.id();
  EXPECT_EQ(pool.pin(id)->number, 1);
  handle.reset();
  EXPECT_FALSE(pool.pin(id));
  handle = pool.make(2);
  EXPECT_EQ(handle.id().entry, id.entry) << "the next object has the entry";
  EXPECT_FALSE(pool.pin(id));
  EXPECT_EQ(pool.pin(handle.id())->number, 2);
  EXPECT_FALSE(pool.pin(MovableId{}));
  EXPECT_FALSE(pool.pin({3, 0})) << "an entry that no object ever had";
  handle.reset();
  pool.check_invariants();
}

// --- compaction --------------------------------------------------------------------------------------------

TEST(Compaction, GivesSparseFramesBackAndSurvivorsKeepTheirIdentity) {
  MovablePool<Located> pool{{.capacity_max = 10'000}};
  std::vector<MovableHandle<Located>> handles = fill(pool, 10'000);
  thin_out(handles, 10);
  std::vector<MovableId> ids;
  for (const MovableHandle<Located>& handle : handles) ids.push_back(handle.id());
  const MovableStats before = pool.stats();
  EXPECT_GT(before.fragmentation, 0.85);
  const std::size_t given = pool.compact();
  const MovableStats after = pool.stats();
  pool.check_invariants();
  EXPECT_EQ(Located::alive, 1000);
  EXPECT_LT(after.fragmentation, 0.05);
  EXPECT_EQ(after.frames_in_use,
            (1000 + after.frame_bytes / sizeof(Located) - 1) / (after.frame_bytes / sizeof(Located)));
  EXPECT_EQ(after.frames_empty, gives_pages_back() ? 0U : before.frames_in_use - after.frames_in_use);
  EXPECT_EQ(given, before.bytes_committed - after.bytes_committed);
  EXPECT_EQ(after.bytes_given_back, given);
  EXPECT_GE(after.moved, 800U);
  EXPECT_EQ(after.allocations, 10'000U);
  EXPECT_EQ(after.deallocations(), 9000U);
  for (std::size_t i = 0; i < handles.size(); ++i) {
    EXPECT_EQ(handles[i].id(), ids[i]);
    EXPECT_EQ(handles[i].pin()->number, static_cast<int>(10 * i));
    EXPECT_EQ(handles[i].pin()->text, "the text of an object, too long to lie inside of it");
    EXPECT_TRUE(pool.pin(ids[i])->is_whole());
  }
  EXPECT_EQ(pool.compact(), 0U) << "there is nothing left to do";
}

TEST(Compaction, ShrinksWhatIsResident) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  MovablePool<Point> pool{{.capacity_max = 100'000}};
  std::vector<MovableHandle<Point>> handles = fill(pool, 100'000);
  std::uintptr_t first = UINTPTR_MAX, last = 0;
  for (const auto& handle : handles) {
    const auto at = reinterpret_cast<std::uintptr_t>(handle.pin().get());
    first = std::min(first, at);
    last = std::max(last, at + sizeof(Point));
  }
  const auto resident = [&] {
    return resident_bytes(reinterpret_cast<void*>(first), reinterpret_cast<void*>(last));
  };
  thin_out(handles, 10);
  const std::size_t before = resident();
  const std::size_t given = pool.compact();
  const std::size_t after = resident();
  EXPECT_GT(before, 1'500'000U) << "a tenth of the objects holds nearly all pages";
  EXPECT_EQ(before - after, given);
  EXPECT_LT(after, before / 8);
}

TEST(Compaction, LeavesPinnedObjectsWhereTheyAre) {
  MovablePool<Point> pool{{.capacity_max = 10'000}};
  std::vector<MovableHandle<Point>> handles = fill(pool, 10'000);
  thin_out(handles, 10);
  std::vector<Pin<Point>> pins;
  std::vector<const Point*> places;
  for (std::size_t i = 0; i < handles.size(); i += 100) {
    pins.push_back(handles[i].pin());
    places.push_back(pins.back().get());
  }
  const CompactionReport report = pool.compact(CompactBudget{});
  EXPECT_TRUE(report.finished);
  EXPECT_GT(report.moved, 0U);
  EXPECT_GE(report.skipped_pinned, 1U);
  EXPECT_EQ(pool.stats().skipped_pinned, report.skipped_pinned);
  EXPECT_LT(report.fragmentation_after, report.fragmentation_before);
  for (std::size_t i = 0; i < pins.size(); ++i) {
    EXPECT_EQ(pins[i].get(), places[i]);
    EXPECT_EQ(handles[i * 100].pin().get(), places[i]);
    EXPECT_EQ(pins[i]->x, i * 1000);
  }
  pins.clear();
  pool.compact();
  EXPECT_LT(pool.stats().fragmentation, 0.2) << "what was pinned can be moved now";
  pool.check_invariants();
}

TEST(Compaction, WithABudgetMovesNoMoreAndGoesOn) {
  MovablePool<Point> pool{{.capacity_max = 10'000}};
  std::vector<MovableHandle<Point>> handles = fill(pool, 10'000);
  thin_out(handles, 10);
  const MovableStats before = pool.stats();
  std::size_t given = 0, calls = 0, moved = 0;
  for (bool finished = false; !finished; ++calls) {
    ASSERT_LT(calls, 1000U);
    const CompactionReport report = pool.compact(
        calls % 2 == 0 ? CompactBudget{.objects = 10} : CompactBudget{.bytes = 10 * sizeof(Point) + 1});
    EXPECT_LE(report.moved, 10U);
    moved += report.moved;
    given += report.bytes_given_back;
    finished = report.finished;
    pool.check_invariants();
  }
  EXPECT_GE(calls, moved / 10);
  EXPECT_EQ(pool.stats().moved, moved);
  EXPECT_LE(moved, 1000U) << "nothing is moved twice";
  EXPECT_EQ(given, before.bytes_committed - pool.stats().bytes_committed);
  EXPECT_LT(pool.stats().fragmentation, 0.2);
  EXPECT_FALSE(pool.compact(CompactBudget{.objects = 0}).moved);
}

TEST(Compaction, OfAnEmptyPoolGivesEverythingBack) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  MovablePool<Point> pool{{.capacity = 10'000}};
  EXPECT_EQ(pool.compact(), 0U);
  fill(pool, 10'000).clear();
  const MovableStats stats = pool.stats();
  EXPECT_EQ(stats.frames_in_use, 0U);
  EXPECT_EQ(pool.compact(), stats.frames_empty * stats.frame_bytes);
  EXPECT_EQ(pool.stats().bytes_committed, 0U);
  EXPECT_EQ(fill(pool, 10'000).size(), 10'000U) << "what was given back serves again";
}

TEST(Compaction, DoesNothingWhereNoFrameWouldBecomeFree) {
  MovablePool<Point> pool{{.capacity_max = 10'000}};
  std::vector<MovableHandle<Point>> handles = fill(pool, 10'000);
  handles.resize(9990);
  const CompactionReport report = pool.compact(CompactBudget{});
  EXPECT_EQ(report.moved, 0U);
  EXPECT_EQ(report.fragmentation_after, report.fragmentation_before);
  EXPECT_TRUE(report.finished);
}

}  // namespace
}  // namespace cenote::test
