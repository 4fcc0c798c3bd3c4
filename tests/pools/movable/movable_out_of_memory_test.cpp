// A system that refuses the first call, then the second, and so on: no leak, no broken invariant.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/movable_pool.hpp>

#include "support/fake_memory.hpp"
#include "support/resident.hpp"

namespace cenote::test {
namespace {

struct Row {
  std::uint64_t words[8];
};

/// Makes a pool and uses it, as far as the system lets it.
void run_workload(FakeMemory& memory) {
  Result<MovablePool<Row>> made = MovablePool<Row>::create({.capacity = 100, .capacity_max = 5000}, memory);
  if (!made) {
    EXPECT_EQ(made.error(), AllocError::out_of_memory);
    return;
  }
  MovablePool<Row>& pool = *made;
  std::vector<MovableHandle<Row>> rows, kept;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    Result<MovableHandle<Row>> row = pool.try_make(Row{{i}});
    if (row) {
      rows.push_back(*std::move(row));
    } else {
      EXPECT_EQ(row.error(), AllocError::out_of_memory);
    }
  }
  for (std::size_t i = 0; i < rows.size(); i += 10) kept.push_back(std::move(rows[i]));
  rows.clear();
  static_cast<void>(pool.compact());
  pool.check_invariants();
  for (std::size_t i = 0; i + 1 < kept.size(); ++i)
    EXPECT_LT(kept[i].pin()->words[0], kept[i + 1].pin()->words[0]);
  EXPECT_EQ(pool.size(), kept.size());
}

TEST(MovableOutOfMemory, EveryRefusalIsSurvivedWithoutALeak) {
  for (const std::size_t times : {std::size_t{1}, FakeMemory::kNever}) {
    std::size_t refusals = 0;
    for (;; ++refusals) {
      FakeMemory memory;
      memory.fail_after(refusals, times);
      run_workload(memory);
      EXPECT_EQ(memory.held(), 0U) << "after refusal " << refusals;
      if (!memory.fired()) break;
    }
    EXPECT_GE(refusals, 15U) << "the first tables, each growth and a purge can be refused";
  }
}

TEST(MovableOutOfMemory, TheConstructorThrows) {
  FakeMemory memory;
  memory.fail_after(0);
  EXPECT_THROW((MovablePool<Row>{{.capacity = 10}, memory}), AllocFailure);
}

TEST(MovableOutOfMemory, AFullPoolAsksTheSystemForNothing) {
  FakeMemory memory;
  MovablePool<Row> pool{{.capacity = 5000}, memory};
  memory.fail_after(0);
  std::vector<MovableHandle<Row>> rows;
  for (std::uint64_t i = 0; i < 5000; ++i) rows.push_back(pool.make(Row{{i}}));
  EXPECT_FALSE(memory.fired());
}

TEST(MovableOutOfMemory, PagesThatTheSystemDoesNotTakeStayThePools) {
  FakeMemory memory;
  memory.refuse_purge = true;
  MovablePool<Row> pool{{.capacity = 5000}, memory};
  std::vector<MovableHandle<Row>> rows;
  for (std::uint64_t i = 0; i < 5000; ++i) rows.push_back(pool.make(Row{{i}}));
  rows.resize(10);
  const std::size_t committed = pool.stats().bytes_committed;
  EXPECT_EQ(pool.compact(), 0U);
  EXPECT_EQ(pool.stats().bytes_committed, committed);
  pool.check_invariants();
  memory.refuse_purge = false;
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  const std::size_t given = pool.compact();
  EXPECT_EQ(given, committed - pool.stats().bytes_committed);
  EXPECT_GT(pool.stats().bytes_given_back, committed / 2);
}

}  // namespace
}  // namespace cenote::test
