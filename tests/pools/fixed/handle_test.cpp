/// Objects in handles: constructed, destroyed and given back, whatever happens between.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/fixed_pool.hpp>

#include "support/leak_recorder.hpp"

namespace cenote::test {
namespace {

/// Counts those alive; throws when told to.
struct Tracked {
  explicit Tracked(int n, bool throws = false) : number{n} {
    if (throws) throw std::runtime_error{"told to " + std::to_string(n)};
    ++alive;
  }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() { --alive; }

  int number;
  static inline int alive = 0;
};

struct alignas(256) Wide {
  std::unique_ptr<int> owned;
};

template <class Sync>
class Handles : public testing::Test {
 protected:
  FixedPool<Tracked, Sync> pool{{.capacity = 10}};
};
using Policies = testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(Handles, Policies);

TYPED_TEST(Handles, DestroyAndGiveBackAtTheirEnd) {
  {
    const auto one = this->pool.make(1);
    auto two = this->pool.try_make(2);
    ASSERT_TRUE(two);
    EXPECT_EQ(one->number, 1);
    EXPECT_EQ((*two)->number, 2);
    EXPECT_EQ(Tracked::alive, 2);
    EXPECT_EQ(this->pool.in_use(), 2U);
    two->reset();
    EXPECT_EQ(Tracked::alive, 1);
    EXPECT_EQ(this->pool.in_use(), 1U);
  }
  EXPECT_EQ(Tracked::alive, 0);
  EXPECT_EQ(this->pool.in_use(), 0U);
}

TYPED_TEST(Handles, AThrowingConstructorLeavesThePoolAsItWas) {
  const auto before = this->pool.make(0);
  Tracked* const next = this->pool.allocate();
  this->pool.deallocate(next);
  for (int i = 0; i < 30; ++i) {  // more often than there are blocks
    try {
      static_cast<void>(this->pool.make(i, true));
      FAIL() << "swallowed";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "told to " + std::to_string(i));
    }
    EXPECT_THROW(static_cast<void>(this->pool.try_make(i, true)), std::runtime_error);
    EXPECT_EQ(this->pool.in_use(), 1U);
  }
  EXPECT_EQ(Tracked::alive, 1);
  EXPECT_EQ(this->pool.make(5).get(), next) << "the block is the next again";
}

TYPED_TEST(Handles, AnExhaustedPoolConstructsNothing) {
  std::vector<typename FixedPool<Tracked, TypeParam>::Handle> all;
  for (int i = 0; i < 10; ++i) all.push_back(this->pool.make(i));
  EXPECT_EQ(this->pool.try_make(11).error(), AllocError::exhausted);
  EXPECT_THROW(static_cast<void>(this->pool.make(11)), AllocFailure);
  EXPECT_EQ(Tracked::alive, 10);
  all.clear();
  EXPECT_EQ(this->pool.available(), 10U);
}

TYPED_TEST(Handles, FollowTheirPoolWhenItMoves) {
  using Pool = FixedPool<Tracked, TypeParam>;
  auto first = std::make_unique<Pool>(PoolOptions{.capacity = 4});
  auto handle = first->make(7);
  Pool second{std::move(*first)};
  first.reset();
  EXPECT_EQ(handle->number, 7);
  Pool third{{.capacity = 1}};
  third = std::move(second);
  EXPECT_EQ(third.in_use(), 1U);
  auto moved = std::move(handle);
  EXPECT_EQ(moved->number, 7);
  moved.reset();
  EXPECT_EQ(third.available(), 4U);
  EXPECT_EQ(Tracked::alive, 0);
}

TYPED_TEST(Handles, AReleasedObjectIsTheCallers) {
  Tracked* const object = this->pool.make(1).release();
  EXPECT_EQ(this->pool.in_use(), 1U);
  std::destroy_at(object);
  this->pool.deallocate(object);
  EXPECT_EQ(this->pool.in_use(), 0U);
}

TYPED_TEST(Handles, EmptyOnesDoNothing) {
  typename FixedPool<Tracked, TypeParam>::Handle none;
  EXPECT_EQ(none, nullptr);
  none.reset();
  none = this->pool.make(1);
  none = nullptr;
  EXPECT_EQ(this->pool.in_use(), 0U);
}

TYPED_TEST(Handles, PreventLeaks) {
  LeakRecorder recorder;
  {
    FixedPool<Tracked, TypeParam> own{{.capacity = 3}};
    const auto one = own.make(1), two = own.make(2);
  }
  EXPECT_TRUE(recorder.take().empty());
  EXPECT_EQ(Tracked::alive, 0);
}

TYPED_TEST(Handles, HoldWideAndOwningObjects) {
  FixedPool<Wide, TypeParam> own{{.capacity = 20}};
  std::vector<typename FixedPool<Wide, TypeParam>::Handle> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(own.make(std::make_unique<int>(i)));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.back().get()) % 256, 0U);
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*all[static_cast<std::size_t>(i)]->owned, i);
}

TYPED_TEST(Handles, ConvertToSharedPointers) {
  const std::shared_ptr<Tracked> shared = this->pool.make(3);
  EXPECT_EQ(this->pool.in_use(), 1U);
}

}  // namespace
}  // namespace cenote::test
