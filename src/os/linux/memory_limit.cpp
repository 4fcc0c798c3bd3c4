// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html; cgroups(7).
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <cenote/base/bits.hpp>
#include <cenote/os/memory_limit.hpp>
#include <cenote/os/system.hpp>

#include "os/linux/read_memory_limit.hpp"
#include "os/linux/small_file.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

// "max", or no such file: none.
std::size_t read_bytes(std::initializer_list<std::string_view> path) noexcept {
  const SmallFile file{path};
  std::uint64_t bytes = 0;
  const std::string_view text = file.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc{} ? saturated_size(bytes) : kNone;
}

// From the group at `path` upwards.
std::size_t least_above(std::string_view tree, std::string_view subtree, std::string_view path,
                        std::string_view file) noexcept {
  std::size_t least = kNone;
  for (;;) {
    while (path.ends_with('/')) path.remove_suffix(1);
    least = std::min(least, read_bytes({tree, subtree, path, file}));
    if (path.empty()) return least;
    path = path.substr(0, path.rfind('/') + 1);
  }
}

bool lists(std::string_view controllers, std::string_view wanted) noexcept {
  while (!controllers.empty()) {
    const std::size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    controllers = comma == std::string_view::npos ? std::string_view{} : controllers.substr(comma + 1);
  }
  return false;
}

// "0::/path" is version 2's; of version 1's, "4:memory,hugetlb:/path" the one that counts memory.
std::size_t limit_of_line(std::string_view line, const char* directory) noexcept {
  const std::size_t first = line.find(':');
  const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) return kNone;
  const std::string_view controllers = line.substr(first + 1, second - first - 1),
                         path = line.substr(second + 1);
  if (controllers.empty()) return least_above(directory, "", path, "/memory.max");
  if (!lists(controllers, "memory")) return kNone;
  return least_above(directory, "/memory", path, "/memory.limit_in_bytes");
}

std::size_t machine_memory() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? saturated_size(static_cast<std::uint64_t>(pages) * page_bytes()) : kNone;
}

}  // namespace

std::size_t read_memory_limit(const char* membership, const char* directory) noexcept {
  const SmallFile groups{membership};
  std::size_t least = kNone;
  for (std::string_view rest = groups.text(); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    least = std::min(least, limit_of_line(rest.substr(0, end), directory));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return least;
}

std::size_t memory_limit() noexcept {
  const std::size_t least =
      std::min(machine_memory(), read_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
  return least == kNone ? 0 : least;
}

}  // namespace cenote::os
