/// The kernel's own answers, by other ways than the library's.
#pragma once

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include <cenote/topology.hpp>

namespace cenote::test::kernel {

inline std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

/// Calls `visit(int)` for each number of a list like "0-3,8".
template <class Visit>
void for_each_listed(const std::string& list, Visit visit) {
  std::istringstream ranges{list};
  for (std::string range; std::getline(ranges, range, ',');) {
    std::size_t used = 0;
    const int first = std::stoi(range, &used);
    const int last = used < range.size() ? std::stoi(range.substr(used + 1)) : first;
    for (int number = first; number <= last; ++number) visit(number);
  }
}

inline os::NodeSet nodes_listed(const std::string& list) {
  os::NodeSet nodes;
  for_each_listed(list, [&](int node) { nodes.insert(node); });
  return nodes;
}

template <class Visit>
void for_each(os::NodeSet nodes, Visit visit) {
  for (int node = nodes.first(); node >= 0; node = nodes.next(node)) visit(node);
}

/// The node where an address's page lies; -1 where nobody says.
inline int node_of(const void* address) {
  int node = -1;
  const long done = ::syscall(SYS_get_mempolicy, &node, nullptr, 0UL, address, MPOL_F_NODE | MPOL_F_ADDR);
  return done == 0 ? node : -1;
}

/// The node of the processor that the calling thread runs on, by the call itself: not as the C library asks.
inline int current_node() {
  unsigned processor = 0, node = 0;
  return ::syscall(SYS_getcpu, &processor, &node, nullptr) == 0 ? static_cast<int>(node) : -1;
}

/// Nodes whose memory the calling thread may use.
inline os::NodeSet allowed_nodes() {
  std::ifstream status{"/proc/thread-self/status"};
  const std::string field = "Mems_allowed_list:\t";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return nodes_listed(line.substr(field.size()));
  }
  return {};
}

/// Processors that the calling thread may run on.
inline cpu_set_t allowed_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  static_cast<void>(::sched_getaffinity(0, sizeof set, &set));
  return set;
}

/// Nodes of these processors.
inline os::NodeSet allowed_processor_nodes() {
  const cpu_set_t allowed = allowed_processors();
  os::NodeSet nodes;
  for_each(nodes_listed(first_line("/sys/devices/system/node/online")), [&](int node) {
    for_each_listed(first_line("/sys/devices/system/node/node" + std::to_string(node) + "/cpulist"),
                    [&](int processor) {
                      if (CPU_ISSET(processor, &allowed)) nodes.insert(node);
                    });
  });
  return nodes;
}

}  // namespace cenote::test::kernel
