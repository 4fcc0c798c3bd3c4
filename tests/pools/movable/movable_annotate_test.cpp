// Built with AddressSanitizer, a pointer that outlives its pin is reported once the object has moved, or
// ended.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/annotate.hpp>
#include <cenote/movable_pool.hpp>

#include "support/aborts.hpp"

namespace cenote::test {
namespace {

struct Record {
  char bytes[64];
};

class AnnotatedMovableDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!annotate::kActive) GTEST_SKIP() << "slots are annotated in builds with AddressSanitizer only";
  }
  MovablePool<Record> pool{{.capacity_max = 5000}};
};

TEST_F(AnnotatedMovableDeathTest, ReadingAnObjectThatHasEndedIsReported) {
  MovableHandle<Record> handle = pool.make();
  Record* const record = handle.pin().get();
  handle.reset();
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile char*>(&record->bytes[3])), "use-after-poison");
}

TEST_F(AnnotatedMovableDeathTest, ReadingAnObjectWhereItWasIsReported) {
  std::vector<MovableHandle<Record>> all, kept;
  for (int i = 0; i < 5000; ++i) all.push_back(pool.make());
  for (std::size_t i = 0; i < 5000; i += 60) kept.push_back(std::move(all[i]));
  all.clear();
  std::vector<Record*> places;
  for (const auto& handle : kept) places.push_back(handle.pin().get());
  pool.compact();
  const auto moved = std::find_if(kept.begin(), kept.end(), [&](const auto& handle) {
    return handle.pin().get() != places[static_cast<std::size_t>(&handle - kept.data())];
  });
  ASSERT_NE(moved, kept.end());
  Record* const old = places[static_cast<std::size_t>(moved - kept.begin())];
  moved->pin()->bytes[3] = 1;
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile char*>(&old->bytes[3])), "use-after-poison");
}

TEST_F(AnnotatedMovableDeathTest, WhatWasGivenBackMayBeTouchedWhenItServesAgain) {
  for (int round = 0; round < 3; ++round) {
    std::vector<MovableHandle<Record>> all;
    for (int i = 0; i < 5000; ++i) all.push_back(pool.make());
    for (const auto& handle : all) handle.pin()->bytes[0] = handle.pin()->bytes[63] = 1;
    all.clear();
    pool.compact();
  }
}

}  // namespace
}  // namespace cenote::test
