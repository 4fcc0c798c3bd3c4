#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "os/thread.hpp"

namespace cenote::test {
namespace {

class Parts final : public os::Work {
 public:
  void prepare() noexcept override { prepared.fetch_add(1); }
  void run() noexcept override {
    started.fetch_add(1);
    for (std::size_t part = next.fetch_add(1); part < done.size(); part = next.fetch_add(1))
      done[part].fetch_add(1);
    returned.fetch_add(1);
  }

  std::array<std::atomic<int>, 1000> done{};
  std::atomic<std::size_t> next{0};
  std::atomic<int> prepared{0}, started{0}, returned{0};
};

void expect_done_once(const Parts& work) {
  EXPECT_TRUE(std::all_of(work.done.begin(), work.done.end(), [](const auto& times) { return times == 1; }));
  EXPECT_EQ(work.started, work.returned) << "the caller was let go while a helper was still at work";
}

TEST(Together, ACallerWithoutHelpersDoesAllOfItUnprepared) {
  Parts work;
  os::run_together(work, 0);
  expect_done_once(work);
  EXPECT_EQ(work.started, 1);
  EXPECT_EQ(work.prepared, 0);
}

TEST(Together, HelpersTakePartAndAreGoneAfterwards) {
  for (int round = 0; round < 50; ++round) {
    Parts work;
    os::run_together(work, 3);
    expect_done_once(work);
    EXPECT_EQ(work.started, 4);
    EXPECT_EQ(work.prepared, 3);
  }
}

TEST(Together, CallsAtTheSameTimeEachGetTheirWorkDone) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([] {
      for (int round = 0; round < 20; ++round) {
        Parts work;
        os::run_together(work, 2);
        expect_done_once(work);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace cenote::test
