/// What is read of machines that are not here, from trees of files like theirs.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "os/linux/read_topology.hpp"

namespace cenote::os {
namespace {

/// A directory like /sys/devices/system, gone with the object.
class SystemTree {
 public:
  SystemTree() {
    std::string name = (std::filesystem::temp_directory_path() / "topology.XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~SystemTree() { std::filesystem::remove_all(root_); }
  SystemTree(const SystemTree&) = delete;
  SystemTree& operator=(const SystemTree&) = delete;

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
  }
  void node(int number, const std::string& processors, const std::string& distances, long kib) const {
    const std::string directory = "node/node" + std::to_string(number) + "/";
    write(directory + "cpulist", processors + "\n");
    write(directory + "distance", distances + "\n");
    write(directory + "meminfo", "\nNode " + std::to_string(number) +
                                     " MemTotal:       " + std::to_string(kib) + " kB\nNode " +
                                     std::to_string(number) + " MemFree:  1 kB\n");
  }
  Topology read() const {
    Topology topology;
    read_topology(root_.c_str(), topology);
    return topology;
  }

 private:
  std::filesystem::path root_;
};

std::vector<int> order_from(const Topology& topology, int node) {
  std::array<int, kNodesMax> room{};
  const std::span<const int> order = topology.by_distance(node, room);
  return {order.begin(), order.end()};
}

TEST(TopologyFiles, OfTwoNodesKnowsProcessorsMemoryAndDistances) {
  const SystemTree tree;
  tree.write("node/online", "0-1\n");
  tree.write("cpu/online", "0-7\n");
  tree.node(0, "0-3", "10 21", 1000);
  tree.node(1, "4-7", "31 10", 2000);
  const Topology machine = tree.read();
  EXPECT_EQ(machine.node_count(), 2);
  EXPECT_EQ(machine.nodes(), NodeSet{3});
  EXPECT_EQ(machine.memory_nodes(), NodeSet{3});
  EXPECT_EQ(machine.processor_nodes(), NodeSet{3});
  EXPECT_EQ(machine.processor_count(), 8);
  EXPECT_EQ(machine.memory_bytes(0), 1000U * 1024);
  EXPECT_EQ(machine.memory_bytes(1), 2000U * 1024);
  for (int processor = 0; processor < 8; ++processor)
    EXPECT_EQ(machine.node_of_processor(processor), processor / 4);
  EXPECT_EQ(machine.distance(0, 0), 10);
  EXPECT_EQ(machine.distance(0, 1), 21);
  EXPECT_EQ(machine.distance(1, 0), 31);
}

TEST(TopologyFiles, NodesMayHaveGapsInTheirNumbersNoMemoryOrNoProcessors) {
  const SystemTree tree;
  tree.write("node/online", "0,2,5-6\n");
  tree.write("cpu/online", "0-3\n");
  tree.node(0, "0,2", "10 20 30 40", 100);
  tree.node(2, "1,3", "20 10 50 60", 0);  // processors, no memory
  tree.node(5, "", "30 50 10 15", 400);   // memory behind CXL
  tree.node(6, "", "40 60 15 10", 500);
  const Topology machine = tree.read();
  EXPECT_EQ(machine.nodes(), NodeSet{0b1100101});
  EXPECT_EQ(machine.memory_nodes(), NodeSet{0b1100001});
  EXPECT_EQ(machine.processor_nodes(), NodeSet{0b101});
  EXPECT_EQ(machine.node_of_processor(3), 2);
  EXPECT_EQ(machine.distance(2, 5), 50);
  EXPECT_EQ(machine.distance(6, 5), 15);
  EXPECT_EQ(order_from(machine, 2), (std::vector<int>{0, 5, 6}));
  EXPECT_EQ(order_from(machine, 6), (std::vector<int>{6, 5, 0}));
}

TEST(TopologyFiles, OfflineProcessorsAreNotCounted) {
  const SystemTree tree;
  tree.write("node/online", "0\n");
  tree.write("cpu/online", "0,2-3\n");
  tree.node(0, "0-3", "10", 100);
  const Topology machine = tree.read();
  EXPECT_EQ(machine.processor_count(), 3);
  EXPECT_EQ(machine.node_of_processor(1), -1);
  EXPECT_EQ(machine.node_of_processor(2), 0);
}

TEST(TopologyFiles, NodesThatAreOnlyPossibleAreNotThere) {
  const SystemTree tree;
  tree.write("node/possible", "0-7\n");
  tree.write("node/online", "0,3\n");
  tree.write("node/has_memory", "0\n");
  tree.write("cpu/possible", "0-127\n");
  tree.write("cpu/offline", "2-127\n");
  tree.write("cpu/online", "0-1\n");
  tree.node(0, "0", "10 20", 100);
  tree.node(3, "1", "20 10", 0);
  tree.node(5, "", "", 100);  // what is left of one that went
  const Topology machine = tree.read();
  EXPECT_EQ(machine.nodes(), NodeSet{0b1001});
  EXPECT_EQ(machine.memory_nodes(), NodeSet{1});
  EXPECT_EQ(machine.processor_count(), 2);
  EXPECT_EQ(machine.memory_bytes(5), 0U);
  EXPECT_EQ(machine.distance(0, 3), 20);
}

TEST(TopologyFiles, ANodeWhoseProcessorsAreAllOfflineHasNone) {
  const SystemTree tree;
  tree.write("node/online", "0-1\n");
  tree.write("cpu/online", "0-1\n");
  tree.node(0, "0-1", "10 20", 100);
  tree.node(1, "2-3", "20 10", 100);  // older kernels list offline ones too
  const Topology machine = tree.read();
  EXPECT_EQ(machine.processor_nodes(), NodeSet{1});
  EXPECT_EQ(machine.memory_nodes(), NodeSet{3});
  EXPECT_EQ(machine.node_of_processor(2), -1);
  EXPECT_EQ(order_from(machine, 1), (std::vector<int>{1, 0}));
}

TEST(TopologyFiles, WithoutAListOfOnlineProcessorsTheNodesListsCount) {
  const SystemTree tree;
  tree.write("node/online", "0-1\n");
  tree.node(0, "0-1", "10 20", 100);
  tree.node(1, "2", "20 10", 100);
  EXPECT_EQ(tree.read().processor_count(), 3);
}

TEST(TopologyFiles, ProcessorsBeyondTheHighestNumberAreNotSeen) {
  const SystemTree tree;
  tree.write("node/online", "0\n");
  tree.write("cpu/online", "0,4095-4097\n");
  tree.node(0, "0,4095-4097", "10", 100);
  const Topology machine = tree.read();
  EXPECT_EQ(machine.processor_count(), 2);
  EXPECT_EQ(machine.node_of_processor(4095), 0);
  EXPECT_EQ(machine.node_of_processor(4096), -1);
}

TEST(TopologyFiles, WithoutNodesThereIsOneWithEverything) {
  const SystemTree tree;
  tree.write("cpu/online", "0-1,3\n");
  const Topology machine = tree.read();
  EXPECT_EQ(machine.nodes(), NodeSet{1});
  EXPECT_EQ(machine.processor_count(), 3);
  EXPECT_EQ(machine.node_of_processor(3), 0);
  EXPECT_GT(machine.memory_bytes(0), 0U);
}

TEST(TopologyFiles, WithoutAnyFileThereIsOneNodeAndAProcessor) {
  Topology machine;
  read_topology("/nonexistent", machine);
  EXPECT_EQ(machine.nodes(), NodeSet{1});
  EXPECT_GE(machine.processor_count(), 1);
}

TEST(TopologyFiles, NodesBeyondTheHighestNumberAreNotSeen) {
  const SystemTree tree;
  tree.write("node/online", "0,63-70\n");
  tree.write("cpu/online", "0\n");
  tree.node(0, "0", "10", 100);
  tree.node(63, "", "10", 100);
  tree.node(64, "", "10", 100);
  EXPECT_EQ(tree.read().nodes(), NodeSet{1 | std::uint64_t{1} << 63});
}

TEST(TopologyFiles, GarbageInItsFilesIsNoNode) {
  const SystemTree tree;
  tree.write("node/online", "zero\n");
  tree.write("cpu/online", "-1\n");
  EXPECT_EQ(tree.read().nodes(), NodeSet{1});
}

TEST(TopologyFiles, DistancesThatNobodyToldAreFar) {
  const SystemTree tree;
  tree.write("node/online", "0-1\n");
  tree.write("cpu/online", "0\n");
  tree.node(0, "0", "", 100);
  tree.node(1, "", "", 100);
  const Topology machine = tree.read();
  EXPECT_EQ(machine.distance(0, 1), Topology::kFarDistance);
  EXPECT_EQ(machine.distance(1, 1), Topology::kLocalDistance);
  EXPECT_EQ(machine.distance(0, 9), Topology::kFarDistance);
}

TEST(TopologyFiles, ADistanceFileThatEndsTooSoonLeavesTheRestFar) {
  const SystemTree tree;
  tree.write("node/online", "0-2\n");
  tree.write("cpu/online", "0\n");
  tree.node(0, "0", "10 12", 100);
  tree.node(1, "", "12 10 what", 100);
  tree.write("node/node2/meminfo", "Node 2 MemTotal: 5 kB\n");  // none at all
  const Topology machine = tree.read();
  EXPECT_EQ(machine.distance(0, 1), 12);
  EXPECT_EQ(machine.distance(0, 2), Topology::kFarDistance);
  EXPECT_EQ(machine.distance(1, 2), Topology::kFarDistance);
  EXPECT_EQ(machine.distance(2, 0), Topology::kFarDistance);
  EXPECT_EQ(order_from(machine, 0), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(order_from(machine, 2), (std::vector<int>{2, 0, 1}));
}

}  // namespace
}  // namespace cenote::os
