/// What is said where the kernel forbids calls. Pools, arenas and heaps in a sandbox: tests/machines.
#include "support/sandbox.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/topology.hpp>

#include "os/thread.hpp"
#include "support/pattern.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kBytes = std::size_t{4} << 20;

class SandboxTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!test::Sandbox::exists()) GTEST_SKIP() << "this kernel has no sandboxes (seccomp)";
  }
  /// Runs this in a thread in the sandbox.
  template <class Body>
  static void inside(test::Sandbox sandbox, Body body) {
    std::thread{[&] {
      ASSERT_TRUE(sandbox.enter());
      errno = 42;
      body();
      EXPECT_EQ(errno, 42) << "the program's errno was changed";
    }}.join();
  }
  static test::Sandbox without_numa() { return test::Sandbox{GetParam()}.forbid(test::kNumaCalls); }
};

TEST_P(SandboxTest, PlacementIsUnsupportedAndMemoryStaysUsable) {
  inside(without_numa(), [] {
    const Region region = g_system_memory.map(kBytes, page_bytes());
    const NodeSet nodes = g_system_numa.allowed_nodes();
    for (const Placement placement : {Placement::strict, Placement::preferred, Placement::interleaved})
      EXPECT_EQ(g_system_numa.bind(region, nodes, placement).error(), AllocError::unsupported);
    test::fill_pattern(region.start, region.bytes, 1);
    EXPECT_EQ(g_system_numa.node_of(region.start).error(), AllocError::unsupported);
    EXPECT_EQ(g_system_numa.move(region, nodes.first()).error(), AllocError::unsupported);
    EXPECT_TRUE(test::holds_pattern(region.start, region.bytes, 1));
    g_system_memory.release(region);
  });
}

TEST_P(SandboxTest, TheAllowedNodesAreStillKnown) {
  const NodeSet outside = g_system_numa.allowed_nodes();
  inside(without_numa(), [&] { EXPECT_EQ(g_system_numa.allowed_nodes(), outside); });
}

TEST_P(SandboxTest, TheCurrentNodeIsOneThatExists) {
  inside(without_numa(), [] { EXPECT_TRUE(numa::topology().nodes().contains(numa::current_node())); });
}

TEST_P(SandboxTest, PinningIsUnsupportedAndChangesNothing) {
  inside(without_numa(), [] {
    cpu_set_t before, after;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    const Topology& machine = numa::topology();
    for (int processor = 0; processor < Topology::kProcessorsMax; ++processor) {
      if (machine.node_of_processor(processor) < 0) continue;
      EXPECT_EQ(affinity::pin_to_cpu(processor).error(), AllocError::unsupported);
    }
    EXPECT_EQ(affinity::pin_to_node(machine.processor_nodes().first()).error(), AllocError::unsupported);
    ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
  });
}

TEST_P(SandboxTest, AThreadThatWasPinnedBeforeStaysWhereItIs) {
  inside(test::Sandbox{GetParam()}, [] {
    ASSERT_TRUE(affinity::pin_to_cpu(::sched_getcpu()));
    const int here = ::sched_getcpu();
    ASSERT_TRUE(without_numa().enter());
    EXPECT_EQ(affinity::unpin().error(), AllocError::unsupported);
    EXPECT_EQ(::sched_getcpu(), here);
  });
}

TEST_P(SandboxTest, AThreadIsNotPinnedWhereItCouldNotBeUnpinned) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process where nobody was pinned before
  const auto pin = [] {
    if (!test::Sandbox{GetParam()}.forbid({SYS_sched_getaffinity}).enter()) ::_exit(2);
    const bool refused = affinity::pin_to_cpu(::sched_getcpu()).error() == AllocError::unsupported;
    ::_exit(refused && affinity::unpin() ? 0 : 1);
  };
  EXPECT_EXIT(pin(), testing::ExitedWithCode(0), "");
}

TEST_P(SandboxTest, AdviceThatIsRefusedChangesNothing) {
  inside(test::Sandbox{GetParam()}.forbid({SYS_madvise}), [] {
    const Region region = g_system_memory.map(kBytes, page_bytes());
    g_system_memory.advise_huge(region);
    static_cast<void>(g_system_memory.populate(region));
    EXPECT_TRUE(test::is_zero(region.start, region.bytes));
    test::fill_pattern(region.start, region.bytes, 2);
    EXPECT_FALSE(g_system_memory.purge(region));
    EXPECT_TRUE(test::holds_pattern(region.start, region.bytes, 2));
    g_system_memory.decommit(region);
    ASSERT_TRUE(g_system_memory.commit(region));
    EXPECT_TRUE(test::is_zero(region.start, region.bytes));
    g_system_memory.release(region);
  });
}

class SandboxedFenceDeathTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not asked yet
  }
  static test::Sandbox without_fence() { return test::Sandbox{GetParam()}.forbid({SYS_membarrier}); }
};

TEST_P(SandboxedFenceDeathTest, ThereIsNone) {
  const auto ask = [] { ::_exit(without_fence().enter() && !process_fence_available() ? 0 : 1); };
  EXPECT_EXIT(ask(), testing::ExitedWithCode(0), "");
}

// Whoever relies on it has no other way: to go on without it would be a race.
TEST_P(SandboxedFenceDeathTest, TakenAwayWhileItIsReliedUponItEndsTheProgram) {
  if (!process_fence_available()) GTEST_SKIP() << "the kernel has no private expedited membarrier";
  const auto take_away = [] {
    if (without_fence().enter()) process_fence();
    ::_exit(0);
  };
  EXPECT_DEATH(take_away(), "");
}

INSTANTIATE_TEST_SUITE_P(Errors, SandboxTest, testing::Values(EPERM, ENOSYS));
INSTANTIATE_TEST_SUITE_P(Errors, SandboxedFenceDeathTest, testing::Values(EPERM, ENOSYS));

}  // namespace
}  // namespace cenote::os
