#include <unwind.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "os/modules.hpp"

namespace cenote::os {
namespace {

using Stack = std::vector<std::uintptr_t>;

// What the unwinder says without our memory of the last stack.
[[gnu::noinline]] Stack plain_stack() {
  Stack stack;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* out) {
        const std::uintptr_t address = _Unwind_GetIP(context);
        if (address != 0) static_cast<Stack*>(out)->push_back(address - 1);
        return _URC_NO_REASON;
      },
      &stack);
  return stack;
}

// Both agree from the outermost frame inwards, but for this function's and those of who looks.
[[gnu::noinline]] void expect_the_unwinders() {
  const Stack expected = plain_stack();
  std::array<std::uintptr_t, 64> room{};
  const std::size_t count = call_stack(room);
  ASSERT_LT(expected.size(), room.size());
  std::size_t same = 0;
  while (same < count && same < expected.size() &&
         room[count - 1 - same] == expected[expected.size() - 1 - same]) {
    ++same;
  }
  ASSERT_EQ(same + 2, expected.size()) << "of " << count;
  ASSERT_LE(count, same + 4);
}

[[gnu::noinline]] void wander(std::mt19937& random, int depth);

[[gnu::noinline]] void left(std::mt19937& random, int depth) {
  std::array<char, 48> room{};
  asm volatile("" : : "r"(room.data()) : "memory");
  wander(random, depth);
  asm volatile("" : : "r"(room.data()) : "memory");
}

[[gnu::noinline]] void right(std::mt19937& random, int depth) {
  const std::size_t bytes = 16 * (1 + random() % 9);
  auto* const dynamic = static_cast<volatile char*>(__builtin_alloca(bytes));
  dynamic[0] = 1;
  wander(random, depth);
  dynamic[1] = 2;
}

void wander(std::mt19937& random, int depth) {
  if (::testing::Test::HasFatalFailure()) return;
  if (random() % 4 == 0) expect_the_unwinders();
  for (auto branch = random() % 3; depth > 0 && branch > 0; --branch) {
    random() % 2 == 0 ? left(random, depth - 1) : right(random, depth - 1);
  }
  asm volatile("" ::: "memory");  // no tail call
}

TEST(CallStack, IsTheUnwindersHoweverTheStackChanges) {
  if (!kHasCallStacks) GTEST_SKIP() << "no call stacks here";
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) wander(random, 12);
}

TEST(CallStack, OfThreadsThatComeAndGoToo) {
  if (!kHasCallStacks) GTEST_SKIP() << "no call stacks here";
  for (unsigned round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([seed = round * 4 + t] {
        std::mt19937 random{seed};
        for (int i = 0; i < 10; ++i) wander(random, 8);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(CallStack, FillsTheRoomThereIs) {
  if (!kHasCallStacks) GTEST_SKIP() << "no call stacks here";
  std::array<std::uintptr_t, 64> all{};
  std::array<std::uintptr_t, 3> few{};
  const std::size_t count = call_stack(all);
  ASSERT_GT(count, few.size());
  EXPECT_EQ(call_stack(few), few.size());
  EXPECT_EQ(few[2], all[2]);
  EXPECT_EQ(call_stack({}), 0U);
  EXPECT_EQ(call_stack(all), count);
}

}  // namespace
}  // namespace cenote::os
