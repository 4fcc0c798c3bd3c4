#include "process_list.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "mapped_modules.hpp"
#include "module_notes.hpp"
#include "module_tables.hpp"
#include "remote_peek.hpp"

namespace cenote::cli {
namespace {

std::vector<pid_t> processes_of_user(uid_t user) {
  std::vector<pid_t> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    pid_t process = 0;
    const std::string_view name = entry->d_name;
    std::from_chars(name.data(), name.data() + name.size(), process);
    struct stat facts = {};
    const bool is_ours = process > 0 && process != ::getpid() &&
                         ::stat(fmt::format("/proc/{}", process).c_str(), &facts) == 0 &&
                         facts.st_uid == user;
    if (is_ours) found.push_back(process);
  }
  std::ranges::sort(found);
  return found;
}

/// Goes through processes, and remembers which files have no notes.
class Search {
 public:
  enum class Answer : std::uint8_t { yes, no, refused };

  Answer look_at(pid_t process) {
    const auto modules = modules_of(process);
    if (!modules) return Answer::refused;
    const RemotePeek peek(process);
    std::byte probe{};
    if (!modules->empty() && !peek.read(reinterpret_cast<const void*>(modules->front().start), probe))
      return Answer::refused;
    const auto holds = [&](const MappedModule& module) { return has_tables(peek, module); };
    return std::ranges::any_of(*modules, holds) ? Answer::yes : Answer::no;
  }

 private:
  bool has_tables(const RemotePeek& peek, const MappedModule& module) {
    const auto known = has_notes_.find(module.file_id);
    if (known != has_notes_.end() && !known->second) return false;
    const ModuleNotes notes = read_notes(peek, module.start);
    has_notes_[module.file_id] = !notes.notes.empty();
    const FoundTables found = find_tables(peek, module, notes);
    return found.fit == Fit::fits && holds_anything(peek, found.tables);
  }

  std::unordered_map<std::string, bool> has_notes_{};
};

}  // namespace

std::string command_line_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", process));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (text.ends_with('\0')) text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

ProcessList cenote_processes() {
  ProcessList list;
  Search search;
  for (const pid_t process : processes_of_user(::geteuid())) {
    const Search::Answer answer = search.look_at(process);
    if (answer == Search::Answer::refused) ++list.refused;
    if (answer != Search::Answer::yes) continue;
    if (auto facts = facts_of(process))
      list.processes.push_back({.facts = std::move(*facts), .command_line = command_line_of(process)});
  }
  return list;
}

}  // namespace cenote::cli
