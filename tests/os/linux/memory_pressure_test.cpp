/// What the system says of short memory, in trees of files that say what the tests want.
#include "os/memory_pressure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>

#include "support/fake_groups.hpp"

namespace cenote::os {
namespace {

using test::FakeGroups;

TEST(MemoryPressure, AGroupWithoutLimitsLimitsNothing) {
  const FakeGroups groups;
  groups.hold(1000);
  const PressureWatch watch{{}, groups.root()};
  EXPECT_TRUE(watch.sees_group());
  EXPECT_EQ(watch.group().limit, 0U);
}

TEST(MemoryPressure, LinesOfTheMembershipThatMakeNoSenseAreIgnored) {
  const FakeGroups groups;
  groups.set("memory.max", "1000");
  groups.write("/proc/self/cgroup", "nonsense\n:\n0:\n0::\n0::/pods/web\n");
  const PressureWatch ours{{}, groups.root()};
  EXPECT_EQ(ours.group().limit, 1000U);
  groups.write("/proc/self/cgroup", "0::\n");
  const PressureWatch nobodys{{}, groups.root()};
  EXPECT_EQ(nobodys.group().limit, 0U);
}

TEST(MemoryPressure, TheLesserOfHighAndMaxIsTheLimit) {
  const FakeGroups groups;
  const PressureWatch watch{{}, groups.root()};
  groups.hold(100);
  groups.set("memory.max", "1000");
  EXPECT_EQ(watch.group().limit, 1000U);
  EXPECT_EQ(watch.group().held, 100U);
  groups.set("memory.high", "900");
  EXPECT_EQ(watch.group().limit, 900U);
  groups.set("memory.max", "800");
  EXPECT_EQ(watch.group().limit, 800U);
}

TEST(MemoryPressure, FilePagesAreNotHeld) {
  const FakeGroups groups;
  const PressureWatch watch{{}, groups.root()};
  groups.set("memory.max", "1000");
  groups.hold(950, 301);
  EXPECT_EQ(watch.group().held, 649U);
  groups.hold(950, 0);
  EXPECT_EQ(watch.group().held, 950U);
}

TEST(MemoryPressure, TheGroupNearestToItsLimitCountsAndIsFoundAboveToo) {
  const FakeGroups groups;
  const PressureWatch watch{{}, groups.root()};
  groups.hold(100);
  groups.set("memory.max", "1000");
  groups.set_in("/pods", "memory.events", "high 0\nmax 0\noom 0");
  groups.set_in("/pods", "memory.max", "4000");
  groups.set_in("/pods", "memory.current", "3900");
  EXPECT_EQ(watch.group().limit, 4000U);
  EXPECT_EQ(watch.group().held, 3900U);
  groups.hold(990);
  EXPECT_EQ(watch.group().limit, 1000U);
}

TEST(MemoryPressure, ALimitOfNothingIsALimit) {
  const FakeGroups groups;
  const PressureWatch watch{{}, groups.root()};
  groups.set("memory.max", "0");
  EXPECT_EQ(watch.group().limit, 1U);  // 0 would say that there is none
}

TEST(MemoryPressure, CountsAreSummedUp) {
  const FakeGroups groups;
  const PressureWatch watch{{}, groups.root()};
  groups.count({.high = 3, .max = 4, .oom = 5});
  groups.set_in("/pods", "memory.events", "low 9\nhigh 10\nmax 20\noom 30\noom_kill 40\noom_group_kill 7");
  EXPECT_EQ(watch.group().pushes, 37U);
  EXPECT_EQ(watch.group().kills, 75U);
}

TEST(MemoryPressure, TheRootOfATreeIsAGroupAsInContainers) {
  const FakeGroups groups{""};
  groups.set("memory.max", "1000");
  groups.hold(10);
  const PressureWatch watch{{}, groups.root()};
  EXPECT_TRUE(watch.sees_group());
  EXPECT_EQ(watch.group().limit, 1000U);
}

TEST(MemoryPressure, MembershipOfVersionOneBesideIsPassedOver) {
  const FakeGroups groups;
  groups.write("/proc/self/cgroup", "12:memory:/elsewhere\n1:name=systemd:/x\n0::/pods/web\n");
  groups.set("memory.max", "1000");
  EXPECT_EQ((PressureWatch{{}, groups.root()}.group().limit), 1000U);
}

TEST(MemoryPressure, WithoutFilesNobodySaysAnything) {
  PressureWatch watch{{}, "/nonexistent"};
  EXPECT_FALSE(watch.hears_stalls());
  EXPECT_FALSE(watch.sees_group());
  EXPECT_EQ(watch.group().limit, 0U);
  EXPECT_FALSE(watch.wait(0).some_stalled);
}

TEST(MemoryPressure, TheGroupsOwnStallsAreAskedForThenTheMachines) {
  const FakeGroups groups;
  groups.write("/proc/pressure/memory", "");
  {
    const PressureWatch watch{{.stall_ms = 70, .window_ms = 900}, groups.root()};
    EXPECT_TRUE(watch.hears_stalls());
    EXPECT_EQ(groups.read("/proc/pressure/memory"), "full 70000 900000");
  }
  groups.set("memory.pressure", "");
  const PressureWatch watch{{.stall_ms = 80, .window_ms = 1000}, groups.root()};
  EXPECT_EQ(groups.read("/sys/fs/cgroup/pods/web/memory.pressure"), "full 80000 1000000");
}

TEST(MemoryPressure, WaitingEndsInTimeOrAtTheEnd) {
  const FakeGroups groups;
  PressureWatch watch{{}, groups.root()};
  const auto start = std::chrono::steady_clock::now();
  watch.wait(20);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{20});
  std::thread ender{[&] { watch.end(); }};
  watch.wait(60'000);
  ender.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{50});
}

/// The numbers of this process's files, from `lowest` on.
std::vector<int> files_from(int lowest) {
  std::vector<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const int number = std::stoi(entry.path().filename().string());
    if (number >= lowest && ::fcntl(number, F_GETFD) >= 0) numbers.push_back(number);
  }
  return numbers;
}

TEST(MemoryPressure, FilesThatAProgramPutsInThePlaceOfItsOwnAreLeftAlone) {
  const FakeGroups groups;
  groups.set("memory.pressure", "");
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  ASSERT_EQ(::write(pipe[1], "theirs", 6), 6);
  const std::vector<int> before = files_from(0);
  {
    PressureWatch watch{{}, groups.root()};
    ASSERT_EQ(files_from(0).size(), before.size() + 4);
    for (const int number : files_from(128)) ASSERT_EQ(::dup2(pipe[0], number), number);
    ::close(pipe[1]);  // from now on all of them say so
    watch.wait(60'000);
    const auto start = std::chrono::steady_clock::now();
    watch.wait(20);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{20});
  }
  char text[8] = {};
  EXPECT_EQ(::read(pipe[0], text, sizeof text), 6);
  EXPECT_STREQ(text, "theirs");
  ::close(pipe[0]);
}

TEST(MemoryPressure, TheMachinesOwnFilesAreUnderstood) {
  const PressureWatch watch{{}, ""};
  const GroupMemory group = watch.group();
  if (!watch.sees_group() || group.limit == 0)
    GTEST_SKIP() << "nothing limits this process by a group of version 2";
  EXPECT_GT(group.held, 0U);
}

}  // namespace
}  // namespace cenote::os
