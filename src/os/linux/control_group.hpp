/// The control groups that a process is in, and the limits in their files.
///
/// Source  https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html; cgroups(7).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "os/linux/small_file.hpp"

namespace cenote::os {

/// Calls `visit(controllers, group)` for each line of a text like /proc/self/cgroup: "0::/path" is version
/// 2's, without controllers; of version 1 there is one for each tree, "4:memory,hugetlb:/path". Groups are
/// told without a slash at their end, the root as "". Lines that make no sense are left out.
template <class Visit>
void for_each_membership(std::string_view text, Visit visit) noexcept {
  for_each_part(text, '\n', [&](std::string_view line) noexcept {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return;
    std::string_view group = line.substr(second + 1);
    if (!group.starts_with('/')) return;
    while (group.ends_with('/')) group.remove_suffix(1);
    visit(line.substr(first + 1, second - first - 1), group);
  });
}

/// Calls `visit(group)` for the group and those above it, up to the root of the tree, "".
template <class Visit>
void for_each_above(std::string_view group, Visit visit) noexcept {
  for (;; group = group.substr(0, group.rfind('/'))) {
    visit(group);
    if (group.empty()) return;
  }
}

/// The bytes in a file like memory.max; SIZE_MAX: "max", or no such file.
std::size_t read_limit(std::initializer_list<std::string_view> path) noexcept;

}  // namespace cenote::os
