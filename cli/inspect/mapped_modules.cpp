#include "mapped_modules.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "../process/file_descriptor.hpp"

namespace cenote::cli {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

/// The next word of a line, which is cut off from it.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

// "7f0c-7f0d r--p 00000000 fe:01 1234    /usr/lib/libc.so.6"
std::optional<MappedModule> parse_line(std::string_view line) {
  const std::string_view range = next_word(line), access = next_word(line), offset = next_word(line);
  const std::string_view device = next_word(line), inode = next_word(line);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const bool is_start = offset.find_first_not_of('0') == std::string_view::npos;
  if (!is_start || !access.starts_with('r') || !line.starts_with('/')) return std::nullopt;
  const bool is_deleted = line.ends_with(kDeleted);
  if (is_deleted) line.remove_suffix(kDeleted.size());
  MappedModule module{
      .file_id = fmt::format("{} {}", device, inode), .path = std::string(line), .is_deleted = is_deleted};
  std::from_chars(range.data(), range.data() + range.size(), module.start, 16);
  return module;
}

}  // namespace

std::string MappedModule::name() const { return path.substr(path.rfind('/') + 1); }

std::vector<MappedModule> parse_maps(std::string_view maps) {
  std::vector<MappedModule> modules;
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    if (auto module = parse_line(line)) modules.push_back(std::move(*module));
  }
  return modules;
}

std::optional<std::vector<MappedModule>> modules_of(pid_t process) {
  const FileDescriptor file(::open(fmt::format("/proc/{}/maps", process).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  std::string text;
  std::array<char, 1 << 16> part;
  ssize_t got = 0;
  while ((got = ::read(file.get(), part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<std::size_t>(got));
  if (got < 0) return std::nullopt;
  return parse_maps(text);
}

}  // namespace cenote::cli
