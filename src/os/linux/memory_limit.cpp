#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "os/linux/control_group.hpp"
#include "os/linux/read_memory_limit.hpp"
#include "os/linux/small_file.hpp"
#include "os/memory_pressure.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

// Of the group and those above it.
std::size_t least_limit(std::string_view tree, std::string_view subtree, std::string_view group,
                        std::string_view file) noexcept {
  std::size_t least = kNone;
  for_each_above(group, [&](std::string_view above) noexcept {
    least = std::min(least, read_limit({tree, subtree, above, file}));
  });
  return least;
}

bool lists(std::string_view controllers, std::string_view wanted) noexcept {
  bool found = false;
  for_each_part(controllers, ',', [&](std::string_view one) noexcept { found = found || one == wanted; });
  return found;
}

// Of more than 32 bits can address, as much as they can.
std::size_t machine_memory() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? std::min(saturated_size(static_cast<std::uint64_t>(pages) * page_bytes()), kNone - 1)
                   : kNone;
}

}  // namespace

std::size_t read_memory_limit(const char* membership, const char* directory) noexcept {
  const SmallFile groups{membership};
  std::size_t least = kNone;
  for_each_membership(groups.text(), [&](std::string_view controllers, std::string_view group) noexcept {
    if (controllers.empty()) least = std::min(least, least_limit(directory, "", group, "/memory.max"));
    if (lists(controllers, "memory"))
      least = std::min(least, least_limit(directory, "/memory", group, "/memory.limit_in_bytes"));
  });
  return least;
}

std::size_t memory_limit() noexcept {
  const std::size_t least =
      std::min(machine_memory(), read_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
  return least == kNone ? 0 : least;
}

}  // namespace cenote::os
