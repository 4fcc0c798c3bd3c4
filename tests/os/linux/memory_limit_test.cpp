/// What is read of control groups that are not here, from trees of files like theirs.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>

#include "os/linux/read_memory_limit.hpp"
#include "os/memory_pressure.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

/// A membership file beside a tree of groups, gone with the object.
class Groups {
 public:
  Groups() {
    std::string name = (std::filesystem::temp_directory_path() / "groups.XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~Groups() { std::filesystem::remove_all(root_); }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
  }
  std::size_t limit(const std::string& membership) const {
    write("membership", membership);
    return read_memory_limit((root_ / "membership").c_str(), (root_ / "tree").c_str());
  }

 private:
  std::filesystem::path root_;
};

TEST(MemoryLimit, OfVersionTwoIsTheLeastOnTheWayToTheRoot) {
  const Groups groups;
  groups.write("tree/a/memory.max", "3000\n");
  groups.write("tree/a/b/memory.max", "max\n");
  groups.write("tree/a/b/c/memory.max", "5000\n");
  groups.write("tree/a/other/memory.max", "10\n");
  EXPECT_EQ(groups.limit("0::/a/b/c\n"), 3000U);
  groups.write("tree/a/b/memory.max", "2000\n");
  EXPECT_EQ(groups.limit("0::/a/b/c\n"), 2000U);
  EXPECT_EQ(groups.limit("0::/a\n"), 3000U);
}

TEST(MemoryLimit, IsNoneWhereNobodySetOne) {
  const Groups groups;
  EXPECT_EQ(groups.limit("0::/\n"), kNone) << "the root of a machine has no file";
  groups.write("tree/a/memory.max", "max\n");
  EXPECT_EQ(groups.limit("0::/a\n"), kNone);
  EXPECT_EQ(groups.limit(""), kNone);
  EXPECT_EQ(read_memory_limit("/no/such/file", "/no/such/tree"), kNone);
}

TEST(MemoryLimit, OfAContainerIsThatOfItsRoot) {
  const Groups groups;
  groups.write("tree/memory.max", "123456\n");
  EXPECT_EQ(groups.limit("0::/\n"), 123456U);
}

TEST(MemoryLimit, OfVersionOneIsThatOfTheControllerOfMemory) {
  const Groups groups;
  groups.write("tree/memory/docker/abc/memory.limit_in_bytes", "70000\n");
  groups.write("tree/memory/memory.limit_in_bytes", "9223372036854771712\n");
  groups.write("tree/cpu/docker/abc/memory.limit_in_bytes", "1\n");
  const std::string hybrid =
      "12:cpu,cpuacct:/docker/abc\n4:hugetlb,memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/"
      "abc\n";
  EXPECT_EQ(groups.limit(hybrid), 70000U);
  EXPECT_EQ(groups.limit("4:memory:/docker/not-to-be-seen\n"), saturated_size(9223372036854771712U))
      << "that of the root, where the container's own group is mounted";
  EXPECT_EQ(groups.limit("4:memoryless:/docker/abc\n"), kNone);
}

TEST(MemoryLimit, OfADeepGroupWithALongNameIsFound) {
  const Groups groups;
  const std::string deep = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" +
                           std::string(36, 'a') + ".slice/cri-containerd-" + std::string(64, 'b') + ".scope";
  groups.write("tree" + deep + "/memory.max", "4096");
  EXPECT_EQ(groups.limit("0::" + deep + "\n"), 4096U);
}

TEST(MemoryLimit, IgnoresLinesThatMakeNoSense) {
  const Groups groups;
  groups.write("tree/a/memory.max", "77\n");
  EXPECT_EQ(groups.limit("nonsense\n:\n0:\n0::/a\n"), 77U);
  groups.write("tree/a/memory.max", "-5\n");
  EXPECT_EQ(groups.limit("0::/a\n"), kNone);
}

TEST(MemoryLimit, OfThisProcessIsAtMostTheMachines) {
  EXPECT_GT(memory_limit(), std::size_t{1} << 20);
  EXPECT_LE(memory_limit() / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)),
            static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)));
}

}  // namespace
}  // namespace cenote::os
