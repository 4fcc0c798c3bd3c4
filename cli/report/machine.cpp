#include "machine.hpp"

#include <gnu/libc-version.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "../text/units.hpp"
#include "../version.hpp"

namespace cenote::cli {
namespace {

/// What follows `key` and `separator` in the first line of `path` that starts with `key`; empty when none
/// does.
std::string value_in_file(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t start = line.find_first_not_of(" \t\"", line.find(separator) + 1);
    return start == std::string::npos ? "" : line.substr(start, line.find_last_not_of(" \"") + 1 - start);
  }
  return {};
}

std::string processor() {
  const std::string model = value_in_file("/proc/cpuinfo", "model name", ':');
  const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
  return fmt::format("{}, {} logical", model.empty() ? "unknown" : model, processors);
}

std::string memory() {
  struct sysinfo info = {};
  if (::sysinfo(&info) != 0) return "unknown";
  return format_bytes(static_cast<double>(info.totalram) * info.mem_unit);
}

std::string system_name() {
  utsname name = {};
  ::uname(&name);
  const std::string distribution = value_in_file("/etc/os-release", "PRETTY_NAME", '=');
  return fmt::format("{}{}{} {} {}", distribution, distribution.empty() ? "" : ", ", name.sysname,
                     name.release, name.machine);
}

std::string folder() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  ::localtime_r(&now, &local);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &local)};
}

}  // namespace

std::vector<Fact> machine_facts() {
  return {{"Processor", processor()}, {"Memory", memory()},
          {"System", system_name()},  {"C library", fmt::format("glibc {}", ::gnu_get_libc_version())},
          {"Folder", folder()},       {"Date", date()},
          {"Version", version_text()}};
}

}  // namespace cenote::cli
