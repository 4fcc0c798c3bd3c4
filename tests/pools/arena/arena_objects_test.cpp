// Objects in an arena: made in place, destroyed newest first.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/detail/bits.hpp>

#include "support/fake_memory.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

/// Writes its number down when it is destroyed.
class Logged {
 public:
  Logged(std::vector<int>& log, int number) : log_{&log}, number_{number} {}
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;
  ~Logged() { log_->push_back(number_); }

 private:
  std::vector<int>* log_;
  int number_;
};

/// Counts those alive, and throws when it is asked to.
struct Counted {
  Counted() {
    if (throw_at == made) throw std::runtime_error{"as asked"};
    number = made++;
    ++alive;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() {
    --alive;
    last_destroyed = number;
  }

  int number = 0;
  static inline int made = 0, alive = 0, throw_at = -1, last_destroyed = -1;
};

class ArenaObjects : public testing::Test {
 protected:
  ArenaObjects() {
    Counted::made = Counted::alive = 0;
    Counted::throw_at = Counted::last_destroyed = -1;
  }

  std::vector<int> log;
  Arena arena{{.chunk_bytes = 4096}};
};

TEST_F(ArenaObjects, AreDestroyedNewestFirstAtReset) {
  for (int i = 0; i < 5; ++i) arena.make<Logged>(log, i);
  EXPECT_TRUE(log.empty());
  arena.reset();
  EXPECT_EQ(log, (std::vector{4, 3, 2, 1, 0}));
  arena.reset();
  EXPECT_EQ(log.size(), 5U) << "once";
}

TEST_F(ArenaObjects, AreDestroyedDownToTheCheckpointAtRestore) {
  arena.make<Logged>(log, 0);
  const Checkpoint here = arena.checkpoint();
  for (int i = 1; i < 200; ++i) arena.make<Logged>(log, i);
  arena.restore(here);
  ASSERT_EQ(log.size(), 199U);
  EXPECT_EQ(log.front(), 199);
  EXPECT_EQ(log.back(), 1);
  arena.make<Logged>(log, 1000);
  arena.reset();
  EXPECT_EQ(log[199], 1000);
  EXPECT_EQ(log[200], 0);
}

TEST_F(ArenaObjects, AreDestroyedWhenTheArenaEnds) {
  {
    Arena other;
    other.make<Logged>(log, 1);
    other.make<Logged>(log, 2);
  }
  EXPECT_EQ(log, (std::vector{2, 1}));
}

TEST_F(ArenaObjects, AStaleRestoreDestroysNothing) {
  const Checkpoint early = arena.checkpoint();
  arena.make<int>(1);
  const Checkpoint late = arena.checkpoint();
  arena.restore(early);
  arena.make<Logged>(log, 1);
  EXPECT_FALSE(arena.try_restore(late));
  EXPECT_TRUE(log.empty());
}

TEST_F(ArenaObjects, ATypeWithoutDestructorCostsItsBytesAndNoMore) {
  arena.make<char>('a');
  arena.make<std::uint16_t>(std::uint16_t{1});
  EXPECT_EQ(arena.used(), 4U);
  const std::span<char> letters = arena.make_array<char>(10);
  EXPECT_EQ(arena.used(), 14U);
  for (const char letter : letters) EXPECT_EQ(letter, 0) << "value-initialised";
}

TEST_F(ArenaObjects, AreAlignedAndWholeWhateverTheirType) {
  struct alignas(256) Wide {
    ~Wide() { bytes[0] = 0; }
    char bytes[100];
  };
  arena.make<char>('a');
  EXPECT_TRUE(is_aligned(arena.make<Wide>(), 256));
  EXPECT_TRUE(is_aligned(arena.make_array<Wide>(3).data(), 256));
  std::string* const text = arena.make<std::string>(1000, 'x');
  EXPECT_EQ(text->size(), 1000U);
  const std::span<std::string> lines = arena.make_array<std::string>(1000);
  for (std::string& line : lines) line.assign(100, 'y');
  EXPECT_EQ(lines[999].size(), 100U);
}

TEST_F(ArenaObjects, AnArrayIsDestroyedFromItsLastElement) {
  arena.make_array<Counted>(10);
  EXPECT_EQ(Counted::alive, 10);
  arena.reset();
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(Counted::last_destroyed, 0);
}

TEST_F(ArenaObjects, AnArrayOfNothingOrTooManyIsRefusedByName) {
  EXPECT_EQ(arena.try_make_array<int>(0).error(), AllocError::zero_size);
  EXPECT_EQ(arena.try_make_array<int>(SIZE_MAX / 4 + 2).error(), AllocError::too_large);
  EXPECT_EQ(arena.try_make_array<Counted>(SIZE_MAX / 8).error(), AllocError::too_large);
  EXPECT_THROW(arena.make_array<int>(0), AllocFailure);
  Arena small{{.limit_bytes = 100}};
  EXPECT_EQ(small.try_make_array<int>(26).error(), AllocError::limit_reached);
  EXPECT_EQ(small.make_array<int>(25).size(), 25U);
  EXPECT_THROW(small.make<int>(1), AllocFailure);
  EXPECT_EQ(small.try_make<int>(1).error(), AllocError::limit_reached);
}

TEST_F(ArenaObjects, AThrowingConstructorLeavesTheArenaAsItWas) {
  static_cast<void>(arena.allocate(10));
  const std::size_t used = arena.used();
  Counted::throw_at = 0;
  EXPECT_THROW(arena.make<Counted>(), std::runtime_error);
  EXPECT_EQ(arena.used(), used);
  EXPECT_THROW(static_cast<void>(arena.try_make<Counted>()), std::runtime_error);
  EXPECT_EQ(arena.used(), used);
  Counted::throw_at = 7;
  EXPECT_THROW(arena.make_array<Counted>(10), std::runtime_error);
  EXPECT_EQ(arena.used(), used);
  EXPECT_EQ(Counted::alive, 0) << "the elements before it are destroyed";
}

TEST_F(ArenaObjects, AThrowingConstructorThatOpenedAChunkGivesItBack) {
  FakeMemory memory;
  Arena other{{.chunk_bytes = 4096}, memory};
  struct Large {
    Large() { throw std::runtime_error{"as asked"}; }
    char bytes[20'000];
  };
  static_cast<void>(other.allocate(10));
  EXPECT_THROW(other.make<Large>(), std::runtime_error);
  EXPECT_EQ(memory.held(), 1U);
  EXPECT_EQ(other.used(), 10U);
}

TEST_F(ArenaObjects, WhatAThrowingConstructorMadeInTheArenaIsDestroyedToo) {
  struct Parent {
    Parent(Arena& arena, std::vector<int>& log) {
      arena.make<Logged>(log, 1);
      arena.make<Logged>(log, 2);
      throw std::runtime_error{"as asked"};
    }
  };
  arena.make<Logged>(log, 0);
  const std::size_t used = arena.used();
  EXPECT_THROW(arena.make<Parent>(arena, log), std::runtime_error);
  EXPECT_EQ(log, (std::vector{2, 1}));
  EXPECT_EQ(arena.used(), used);
}

TEST_F(ArenaObjects, AnObjectIsDestroyedBeforeThoseThatItsConstructorMade) {
  struct Parent {
    Parent(Arena& arena, std::vector<int>& its_log) : log{&its_log} { arena.make<Logged>(its_log, 1); }
    ~Parent() { log->push_back(0); }
    std::vector<int>* log;
  };
  arena.make<Parent>(arena, log);
  arena.reset();
  EXPECT_EQ(log, (std::vector{0, 1}));
}

TEST_F(ArenaObjects, ADestructorMayUseTheArena) {
  struct Busy {
    ~Busy() {
      const Arena::Scope scope{*arena};
      static_cast<void>(arena->allocate(10'000));
      arena->make<Logged>(*log, 1);
    }
    Arena* arena;
    std::vector<int>* log;
  };
  arena.make<Logged>(log, 0);
  const Checkpoint here = arena.checkpoint();
  arena.make<Busy>(&arena, &log);
  arena.restore(here);
  EXPECT_EQ(log, (std::vector{1}));
  arena.make<Busy>(&arena, &log);
  arena.reset();
  EXPECT_EQ(log, (std::vector{1, 1, 0}));
  EXPECT_EQ(arena.used(), 0U);
}

}  // namespace
}  // namespace cenote::test
