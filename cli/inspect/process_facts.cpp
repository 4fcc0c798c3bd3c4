#include "process_facts.hpp"

#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

constexpr std::uint64_t kKernelThread = 0x0020'0000;  // PF_KTHREAD

// Fields of /proc/PID/stat behind the name, which is in brackets and may hold any character: 3 is the state,
// 9 flags, 14 and 15 CPU time, 22 the start.
void read_fields(std::istringstream fields, ProcessFacts& facts) {
  static const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  fields >> facts.state;
  std::string skipped;
  for (int field = 4; field < 9; ++field) fields >> skipped;
  std::uint64_t flags = 0;
  fields >> flags;
  for (int field = 10; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0, system = 0;
  fields >> user >> system;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  fields >> facts.start_time;
  facts.is_of_kernel = (flags & kKernelThread) != 0;
  facts.cpu_seconds = static_cast<double>(user + system) / ticks_a_second;
}

}  // namespace

std::optional<ProcessFacts> facts_of(pid_t process) {
  const std::string path = fmt::format("/proc/{}", process);
  if (process <= 0) return std::nullopt;
  std::ifstream file(path + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ProcessFacts facts{.id = process, .command = text.substr(open + 1, close - open - 1)};
  read_fields(std::istringstream(text.substr(close + 1)), facts);
  std::ifstream status(path + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Uid:")) facts.user = static_cast<uid_t>(std::stoul(line.substr(4)));
  }
  return facts;
}

std::string user_name(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? std::string(entry->pw_name) : std::to_string(user);
}

}  // namespace cenote::cli
