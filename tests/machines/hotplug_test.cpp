/// Processors and memory that go and come.
///
/// Source      Linux's Documentation/core-api/cpu_hotplug.rst and admin-guide/mm/memory-hotplug.rst.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

#include "machines/blocks.hpp"
#include "machines/emulated.hpp"
#include "machines/kernel.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kPerNode = std::size_t{1} << 20;

/// The last processor goes, and comes back at the end.
class ProcessorHotplug : public Emulated {
 protected:
  void SetUp() override {
    Emulated::SetUp();
    if (IsSkipped()) return;
    kernel::for_each_listed(kernel::first_line("/sys/devices/system/cpu/online"),
                            [&](int processor) { last = processor; });
    if (last == 0) GTEST_SKIP() << "one processor";
    node = numa::topology().node_of_processor(last);
  }
  void TearDown() override {
    if (IsSkipped()) return;
    turn(true);
    EXPECT_TRUE(affinity::unpin());
  }
  void turn(bool on) const {
    ASSERT_TRUE(tell("/sys/devices/system/cpu/cpu" + std::to_string(last) + "/online", on ? "1" : "0"));
  }

  int last = 0, node = -1;
};

TEST_F(ProcessorHotplug, OfflineFromTheStartAProcessorIsNotThere) {
  turn(false);
  EXPECT_EQ(run_afresh("Placement.*"), 0);
}

TEST_F(ProcessorHotplug, APinnedThreadWhoseProcessorGoesRunsElsewhere) {
  NumaPool pool{{.bytes_per_node = kPerNode}};
  ASSERT_TRUE(affinity::pin_to_cpu(last));
  ASSERT_EQ(numa::current_node(), node);
  turn(false);
  EXPECT_NE(::sched_getcpu(), last);
  EXPECT_EQ(numa::current_node(), kernel::current_node());
  Blocks blocks{pool};
  ASSERT_TRUE(blocks.add(50'000));
  EXPECT_EQ(pool.node_of(blocks.all().front()), kernel::node_of(blocks.all().front()));
}

TEST_F(ProcessorHotplug, AProcessorThatIsGoneIsABadOptionUntilItComesBack) {
  turn(false);
  const cpu_set_t before = kernel::allowed_processors();
  EXPECT_EQ(affinity::pin_to_cpu(last).error(), AllocError::bad_option);
  const cpu_set_t after = kernel::allowed_processors();
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  turn(true);
  EXPECT_TRUE(affinity::pin_to_cpu(last));
  EXPECT_EQ(kernel::current_node(), node);
}

/// All memory of a node of its own, which can be taken out (emulate -p).
class MemoryHotplug : public Emulated {
 protected:
  void SetUp() override {
    Emulated::SetUp();
    if (IsSkipped()) return;
    const os::NodeSet normal =
        kernel::nodes_listed(kernel::first_line("/sys/devices/system/node/has_normal_memory"));
    kernel::for_each(memory, [&](int node) { removable = normal.contains(node) ? removable : node; });
    if (removable < 0) GTEST_SKIP() << "no node's memory can be taken out";
  }
  void TearDown() override {
    if (!IsSkipped()) turn(true);
  }
  void turn(bool on) const {
    const std::filesystem::path node = "/sys/devices/system/node/node" + std::to_string(removable);
    for (const auto& entry : std::filesystem::directory_iterator{node}) {
      const std::string state = entry.path().string() + "/state";
      if (!entry.path().filename().string().starts_with("memory") || !std::filesystem::exists(state))
        continue;
      const std::string wanted = on ? "online" : "offline";
      if (kernel::first_line(state) == wanted) continue;
      ASSERT_TRUE(tell(state, on ? "online_movable" : wanted)) << state;
    }
    while (kernel::allowed_nodes().contains(removable) != on)
      ::usleep(1000);  // the kernel tells cpusets later
  }

  os::NodeSet memory = kernel::allowed_nodes();
  int removable = -1;
};

TEST_F(MemoryHotplug, OfflineFromTheStartMemoryIsNotThere) {
  turn(false);
  EXPECT_EQ(run_afresh("Placement.*"), 0);
}

TEST_F(MemoryHotplug, BlocksInMemoryThatGoesKeepTheirBytes) {
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::interleaved}};
  Blocks blocks{pool};
  std::size_t there = 0;
  while (blocks.add(50'000)) there += kernel::node_of(blocks.all().back()) == removable ? 1 : 0;
  ASSERT_EQ(there, kPerNode / (64 * 1024));
  turn(false);
  for (const void* const block : blocks.all()) {
    EXPECT_NE(kernel::node_of(block), removable);
    EXPECT_EQ(pool.node_of(block), kernel::node_of(block));
    EXPECT_EQ(static_cast<const char*>(block)[49'999], Blocks::kFill);
  }
}

TEST_F(MemoryHotplug, MemoryThatIsGoneIsABadOptionUntilItComesBack) {
  const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
  for (const bool is_there : {true, false, true}) {
    turn(is_there);
    EXPECT_EQ(os::g_system_numa.allowed_nodes(), kernel::allowed_nodes());
    EXPECT_EQ(os::g_system_numa.bind(region, os::NodeSet::of(removable), os::Placement::strict).has_value(),
              is_there);
    EXPECT_EQ(os::g_system_numa.move(region, removable).has_value(), is_there);
    NumaPool pool{{.bytes_per_node = kPerNode}};
    EXPECT_EQ(pool.stats().nodes.size(), static_cast<std::size_t>(memory.count() - (is_there ? 0 : 1)));
  }
  std::memset(region.start, 1, region.bytes);
  EXPECT_EQ(kernel::node_of(region.start), removable);
  os::g_system_memory.release(region);
}

}  // namespace
}  // namespace cenote::test
