#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/system.hpp>

#include "os/linux/read_topology.hpp"
#include "os/linux/small_file.hpp"

namespace cenote {
namespace os {
namespace {

// 0 where the file has no such line: a node without memory.
std::size_t memory_of(const char* directory, int node) noexcept {
  const SmallFile file{directory, "/node/node", NumberText{node}, "/meminfo"};
  return bytes_field(file.text(), "MemTotal:");
}

// One number for each online node, in the order of their numbers.
void read_distances(const char* directory, int from, Topology& into) noexcept {
  const SmallFile file{directory, "/node/node", NumberText{from}, "/distance"};
  std::string_view rest = file.text();
  for (int to = into.nodes().first(); to >= 0; to = into.nodes().next(to)) {
    const std::int64_t distance = take_number(rest);
    if (distance < 0) return;
    into.set_distance(from, to, static_cast<int>(distance));
  }
}

bool is_online(std::string_view online, int processor) noexcept {
  if (online.empty()) return true;
  bool found = false;
  for_each_listed(online, [&](int listed) { found = found || listed == processor; });
  return found;
}

void read_processors(const char* directory, int node, std::string_view online, Topology& into) noexcept {
  const SmallFile file{directory, "/node/node", NumberText{node}, "/cpulist"};
  for_each_listed(file.text(), [&](int processor) {
    if (is_online(online, processor)) into.add_processor(processor, node);
  });
}

void describe_one_node(std::string_view online, Topology& into) noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  into.add_node(0, pages > 0 ? saturated_size(static_cast<std::uint64_t>(pages) * page_bytes()) : 1);
  if (online.empty()) {
    const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
    for (int processor = 0; processor < processors; ++processor) into.add_processor(processor, 0);
  }
  for_each_listed(online, [&](int processor) { into.add_processor(processor, 0); });
}

}  // namespace

void read_topology(const char* directory, Topology& into) noexcept {
  into = Topology{};
  const SmallFile nodes{directory, "/node/online"};
  const SmallFile processors{directory, "/cpu/online"};
  for_each_listed(nodes.text(), [&](int node) {
    if (NodeSet::is_node(node)) into.add_node(node, memory_of(directory, node));
  });
  if (into.memory_nodes().empty()) return describe_one_node(processors.text(), into);
  for (int node = into.nodes().first(); node >= 0; node = into.nodes().next(node)) {
    read_distances(directory, node, into);
    read_processors(directory, node, processors.text(), into);
  }
}

}  // namespace os

namespace numa {
namespace {

constinit os::Lock g_lock{os::LockRank::machine};
constinit os::ForkHold g_fork_hold{g_lock};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

constinit std::atomic<bool> g_is_known{false};  // set under g_lock, last
constinit Topology g_topology{};

}  // namespace

const Topology& topology() noexcept {
  if (!g_is_known.load(std::memory_order_acquire)) {
    const os::LockGuard guard{g_lock};
    if (!g_is_known.load(std::memory_order_relaxed)) {
      os::read_topology(os::kSystemDirectory, g_topology);
      g_is_known.store(true, std::memory_order_release);
    }
  }
  return g_topology;
}

int current_node() noexcept {
  const os::KeepErrno keep;
  unsigned processor = 0, node = 0;
#ifdef __GLIBC__  // without a system call
  const bool is_known = ::getcpu(&processor, &node) == 0;
#else
  const bool is_known = ::syscall(SYS_getcpu, &processor, &node, nullptr) == 0;
#endif
  const bool is_told = is_known && os::NodeSet::is_node(static_cast<int>(node));
  return is_told ? static_cast<int>(node) : 0;
}

}  // namespace numa
}  // namespace cenote
