/// The programs and libraries in a process's memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::cli {

/// A file that is mapped from its first byte on.
struct MappedModule {
  std::uintptr_t start = 0;
  std::string file_id{};  // device and inode: the same in all processes that have mapped it
  std::string path{};
  bool is_deleted = false;  // another file, or none, has the path by now

  std::string name() const;  // without folders
};

/// From the text of /proc/PID/maps.
std::vector<MappedModule> parse_maps(std::string_view maps);

/// None when the system refuses; errno says why. Empty for what has no memory: a zombie, a thread of the
/// kernel.
std::optional<std::vector<MappedModule>> modules_of(pid_t process);

}  // namespace cenote::cli
