#include "process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <iterator>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "file_descriptor.hpp"

namespace cenote::cli {
namespace {

/// The start of a /proc file, in `buffer`; empty when it cannot be read.
std::string_view read_start(const char* path, char* buffer, std::size_t size) noexcept {
  const FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return {};
  const ssize_t got = ::read(file.get(), buffer, size);
  return got > 0 ? std::string_view(buffer, static_cast<std::size_t>(got)) : std::string_view{};
}

/// The next number of `text`, which is cut off from it; 0 when there is none.
std::uint64_t next_number(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  std::uint64_t number = 0;
  const char* const end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

void append_children_of_thread(pid_t process, const char* thread, std::vector<pid_t>& out) {
  char path[64];
  char buffer[4096];
  *fmt::format_to_n(path, std::size(path) - 1, "/proc/{}/task/{}/children", process, thread).out = '\0';
  std::string_view text = read_start(path, buffer, sizeof buffer);
  while (const auto child = next_number(text)) out.push_back(static_cast<pid_t>(child));
}

void append_children(pid_t process, std::vector<pid_t>& out) {
  char path[32];
  *fmt::format_to_n(path, std::size(path) - 1, "/proc/{}/task", process).out = '\0';
  const std::unique_ptr<DIR, int (*)(DIR*)> threads(::opendir(path), &::closedir);
  while (const dirent* entry = threads ? ::readdir(threads.get()) : nullptr) {
    if (entry->d_name[0] != '.') append_children_of_thread(process, entry->d_name, out);
  }
}

}  // namespace

void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found;
  append_children(root, found);
  for (std::size_t next = 0; next < found.size(); ++next) append_children(found[next], found);
  return found;
}

std::uint64_t resident_bytes(pid_t process) noexcept {
  static const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  char path[32];
  char buffer[128];
  *fmt::format_to_n(path, std::size(path) - 1, "/proc/{}/statm", process).out = '\0';
  std::string_view text = read_start(path, buffer, sizeof buffer);
  next_number(text);  // the address range
  return next_number(text) * page_bytes;
}

}  // namespace cenote::cli
