/// A monitor in a control group that is made of files: levels, callbacks, threads, forks.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pressure_monitor.hpp>

#include "support/fake_groups.hpp"
#include "support/in_child.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kLimit = 1'000'000;

std::size_t threads_of_process() {
  const std::filesystem::directory_iterator tasks{"/proc/self/task"};
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// Whether there are `count` soon: one that was joined is among the tasks for a moment still.
bool threads_become(std::size_t count) {
  for (int i = 0; i < 2000; ++i) {
    if (threads_of_process() == count) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

/// The value of a line of a thread's status, "Name:" for example.
std::string status_of(const std::filesystem::path& task, std::string_view key) {
  std::ifstream status{task / "status"};
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(key)) return line.substr(key.size() + 1);
  }
  return {};
}

/// Emulators and checkers have threads of their own, under other names.
std::vector<std::filesystem::path> threads_named(std::string_view name) {
  std::vector<std::filesystem::path> named;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    if (status_of(task.path(), "Name:") == name) named.push_back(task.path());
  }
  return named;
}

/// In the child of a fork: whether it has no thread but the one that forked. An emulator has some of its own
/// there.
bool is_alone() {
  return threads_named("parents").empty() &&
         (threads_of_process() == 1 || std::getenv("CENOTE_EMULATED") != nullptr);
}

std::uint64_t blocked_in(const std::filesystem::path& task) {
  return std::stoull(status_of(task, "SigBlk:"), nullptr, 16);
}

/// What is blocked in a thread that blocks all that a program may: the C library and emulators keep some.
std::uint64_t signals_of_programs() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const std::uint64_t blocked = blocked_in("/proc/thread-self");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return blocked;
}

/// A member of the order in which callbacks were called.
struct Called {
  std::vector<int>* order;
  int mark;
  static std::size_t note(const Pressure&, void* self) noexcept {
    const auto& called = *static_cast<Called*>(self);
    called.order->push_back(called.mark);
    return 0;
  }
};

class InGroup : public testing::Test {
 protected:
  InGroup() { groups.set("memory.max", std::to_string(kLimit)); }

  PressureMonitor polled() const { return PressureMonitor{{.thread = false, .system_root = groups.root()}}; }
  /// Rises from nothing to critical, so that there is a reaction.
  PressureLevel press(PressureMonitor& monitor) const {
    groups.hold(0);
    EXPECT_EQ(monitor.poll_now(), PressureLevel::none);
    groups.hold(kLimit - 1);
    return monitor.poll_now();
  }

  const FakeGroups groups;
};

TEST_F(InGroup, LevelsFollowWhatTheGroupHolds) {
  PressureMonitor monitor = polled();
  EXPECT_EQ(monitor.poll_now(), PressureLevel::none);
  EXPECT_EQ(monitor.stats().reactions, 0U);
  groups.hold(kLimit * 85 / 100);
  EXPECT_EQ(monitor.poll_now(), PressureLevel::moderate);
  groups.hold(kLimit * 95 / 100);
  EXPECT_EQ(monitor.poll_now(), PressureLevel::critical);
  const PressureStats stats = monitor.stats();
  EXPECT_EQ(stats.level, PressureLevel::critical);
  EXPECT_EQ(stats.bytes_held, kLimit * 95 / 100);
  EXPECT_EQ(stats.bytes_limit, kLimit);
  EXPECT_EQ(stats.reactions, 2U);
  EXPECT_TRUE(stats.sees_group);
  EXPECT_FALSE(stats.hears_stalls);
  groups.hold(0);
  EXPECT_EQ(monitor.poll_now(), PressureLevel::none);
}

TEST_F(InGroup, HeapsGiveBackWhatIsFree) {
  PressureMonitor monitor = polled();
  Heap heap;
  constexpr std::size_t kBlock = std::size_t{1} << 19;
  void* const block = heap.allocate(kBlock);
  std::fill_n(static_cast<char*>(block), kBlock, 'x');
  heap.deallocate(block);
  press(monitor);
  EXPECT_GE(monitor.stats().bytes_purged, kBlock);
}

TEST_F(InGroup, CallbacksAreToldTheLevelAndHowMuchIsToGo) {
  PressureMonitor monitor = polled();
  Pressure told;
  const auto note = [](const Pressure& pressure, void* user) noexcept -> std::size_t {
    *static_cast<Pressure*>(user) = pressure;
    return 77;
  };
  const auto registration = monitor.on_pressure(0, note, &told);
  groups.hold(kLimit * 85 / 100);
  monitor.poll_now();
  EXPECT_EQ(told.level, PressureLevel::moderate);
  EXPECT_EQ(told.bytes_wanted, kLimit * 13 / 100);
  EXPECT_EQ(monitor.stats().callbacks, 1U);
  EXPECT_EQ(monitor.stats().bytes_dropped, 77U);
}

TEST_F(InGroup, TheLowestPriorityIsCalledFirstAndTheOldestOfEquals) {
  PressureMonitor monitor = polled();
  std::vector<int> order;
  Called five{&order, 5}, minus{&order, -1}, first{&order, 1}, second{&order, 2};
  const auto a = monitor.on_pressure(5, &Called::note, &five);
  const auto b = monitor.on_pressure(0, &Called::note, &first);
  const auto c = monitor.on_pressure(-1, &Called::note, &minus);
  const auto d = monitor.on_pressure(0, &Called::note, &second);
  EXPECT_EQ(press(monitor), PressureLevel::critical);
  EXPECT_EQ(order, (std::vector{-1, 1, 2, 5}));
}

TEST_F(InGroup, CallsEndWhenThePressureIsGone) {
  PressureMonitor monitor = polled();
  const auto drop = [](const Pressure& pressure, void* user) noexcept -> std::size_t {
    static_cast<const FakeGroups*>(user)->hold(kLimit / 2);
    return pressure.bytes_wanted;
  };
  const auto cheap = monitor.on_pressure(1, drop, const_cast<FakeGroups*>(&groups));
  std::vector<int> order;
  Called called{&order, 1};
  const auto dear = monitor.on_pressure(2, &Called::note, &called);
  press(monitor);
  EXPECT_EQ(monitor.stats().callbacks, 1U);
  EXPECT_TRUE(order.empty());
}

TEST_F(InGroup, AnEndedRegistrationIsNotCalled) {
  PressureMonitor monitor = polled();
  std::vector<int> order;
  Called one{&order, 1}, two{&order, 2};
  const auto kept = monitor.on_pressure(2, &Called::note, &two);
  {
    const auto gone = monitor.on_pressure(1, &Called::note, &one);
    press(monitor);
  }
  press(monitor);
  EXPECT_EQ(order, (std::vector{1, 2, 2}));
}

TEST_F(InGroup, ACallbackMayEndItsOwnRegistrationAndMakeOthers) {
  PressureMonitor monitor = polled();
  struct State {
    PressureMonitor* monitor;
    std::vector<int> order;
    std::optional<Called> called{};
    std::unique_ptr<PressureRegistration> self{}, other{};
  } state{&monitor, {}};
  state.called = Called{&state.order, 2};
  const auto leave = [](const Pressure&, void* user) noexcept -> std::size_t {
    auto& own = *static_cast<State*>(user);
    own.order.push_back(1);
    own.self.reset();
    own.other = std::make_unique<PressureRegistration>(*own.monitor, 3, &Called::note, &*own.called);
    return 0;
  };
  state.self = std::make_unique<PressureRegistration>(monitor, 1, leave, &state);
  press(monitor);
  EXPECT_EQ(state.order, (std::vector{1, 2}));
  press(monitor);
  EXPECT_EQ(state.order, (std::vector{1, 2, 2}));
}

TEST_F(InGroup, EndingARegistrationWaitsForItsCallback) {
  PressureMonitor monitor = polled();
  struct State {
    Semaphore entered;
    std::atomic<bool> may_leave{false}, left{false};
  } state;
  const auto linger = [](const Pressure&, void* user) noexcept -> std::size_t {
    auto& own = *static_cast<State*>(user);
    own.entered.release();
    while (!own.may_leave.load()) std::this_thread::yield();
    own.left = true;
    return 0;
  };
  std::optional<std::thread> presser;
  {
    const auto registration = monitor.on_pressure(1, linger, &state);
    presser.emplace([&] { press(monitor); });
    state.entered.acquire();
    EXPECT_EQ(monitor.poll_now(), PressureLevel::critical);  // says only what the other has found
    std::thread{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      state.may_leave = true;
    }}.detach();
  }
  EXPECT_TRUE(state.left);
  presser->join();
}

TEST_F(InGroup, RegistrationsMayOutliveTheirMonitor) {
  std::vector<int> order;
  Called called{&order, 1};
  std::optional<PressureMonitor> monitor{polled()};
  const auto registration = monitor->on_pressure(1, &Called::note, &called);
  monitor.reset();
}

TEST_F(InGroup, AMovedMonitorGoesOn) {
  PressureMonitor first = polled();
  std::vector<int> order;
  Called called{&order, 1};
  const auto registration = first.on_pressure(1, &Called::note, &called);
  PressureMonitor second = std::move(first);
  press(second);
  EXPECT_EQ(order, (std::vector{1}));
}

TEST_F(InGroup, TheThreadLooksByItselfAndIsGoneAfterwards) {
  std::size_t before = 0;
  // ThreadSanitizer starts a thread of its own at the first.
  std::thread{[&] { before = threads_of_process() - 1; }}.join();
  {
    PressureMonitor monitor{{.name = "watch", .poll_ms = 1, .system_root = groups.root()}};
    EXPECT_TRUE(threads_become(before + 1));
    Semaphore called;
    const auto tell = [](const Pressure&, void* user) noexcept -> std::size_t {
      static_cast<Semaphore*>(user)->release();
      return 0;
    };
    const auto registration = monitor.on_pressure(1, tell, &called);
    groups.hold(kLimit);
    called.acquire();
    groups.hold(0);
    while (monitor.stats().level != PressureLevel::none) std::this_thread::yield();
  }
  EXPECT_TRUE(threads_become(before));
}

TEST_F(InGroup, ItsThreadTakesNoSignals) {
  const PressureMonitor monitor{{.name = "deaf", .system_root = groups.root()}};
  const auto threads = threads_named("deaf");
  ASSERT_EQ(threads.size(), 1U);
  EXPECT_EQ(signals_of_programs() & ~blocked_in(threads[0]), 0U);
}

TEST_F(InGroup, InTheChildOfAForkNothingHappens) {
  std::vector<int> order;
  Called called{&order, 1};
  auto monitor = std::make_unique<PressureMonitor>(
      PressureOptions{.name = "parents", .poll_ms = 1, .system_root = groups.root()});
  auto registration = std::make_unique<PressureRegistration>(
      *monitor, 1, [](const Pressure&, void*) noexcept { return std::size_t{0}; });
  groups.hold(kLimit);
  while (monitor->stats().level == PressureLevel::none) std::this_thread::yield();
  EXPECT_EQ(threads_named("parents").size(), 1U);
  const int result = in_child([&] {
    const bool idle = monitor->poll_now() == PressureLevel::none;
    const bool alone = is_alone();
    const auto late = std::make_unique<PressureRegistration>(*monitor, 1, &Called::note, &called);
    monitor.reset();
    registration.reset();
    PressureMonitor another{{.thread = false, .system_root = groups.root()}};
    const bool works = another.poll_now() == PressureLevel::critical;
    return idle && alone && works ? 0 : 1;
  });
  EXPECT_EQ(result, 0);
  EXPECT_NE(monitor->stats().level, PressureLevel::none);
}

TEST_F(InGroup, CallbacksComeAndGoWhileOthersRun) {
  PressureMonitor monitor{{.poll_ms = 1, .system_root = groups.root()}};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&monitor, &is_over, i] {
      while (!is_over.load()) {
        int calls = 0;  // would be written after its end, were the registration left too soon
        const auto count = [](const Pressure&, void* user) noexcept -> std::size_t {
          ++*static_cast<int*>(user);
          return 1;
        };
        const auto registration = monitor.on_pressure(i, count, &calls);
        monitor.poll_now();
      }
    });
  }
  while (monitor.stats().callbacks < 200) {
    groups.hold(0);
    monitor.poll_now();
    groups.hold(kLimit);
    monitor.poll_now();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(PressureMonitor, WithoutAnybodyToAskItIsUnsupported) {
  EXPECT_EQ(PressureMonitor::create({.system_root = "/nonexistent"}).error(), AllocError::unsupported);
  try {
    const PressureMonitor monitor{{.system_root = "/nonexistent"}};
    ADD_FAILURE() << "made";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::unsupported);
  }
}

TEST(PressureMonitor, BadOptionsAreNamed) {
  EXPECT_EQ(PressureMonitor::create({.poll_ms = 0}).error(), AllocError::bad_option);
  try {
    const PressureMonitor monitor{{.poll_ms = 0}};
    ADD_FAILURE() << "made";
  } catch (const AllocFailure& failure) {
    EXPECT_STREQ(failure.what(), "bad_option: poll_ms is 0");
  }
}

}  // namespace
}  // namespace cenote::test
