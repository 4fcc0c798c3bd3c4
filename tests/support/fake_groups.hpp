/// A directory that looks like the system's /proc and /sys to who reads control groups and memory pressure
/// there.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace cenote::test {

class FakeGroups {
 public:
  /// The process is in this group, "" for the root; all above it exist.
  explicit FakeGroups(const std::string& own = "/pods/web") : own_{own} {
    std::string directory = (std::filesystem::temp_directory_path() / "cenote-groups.XXXXXX").string();
    root_ = ::mkdtemp(directory.data());
    write("/proc/self/cgroup", "0::" + (own.empty() ? "/" : own) + "\n");
    std::filesystem::create_directories(root_ + "/sys/fs/cgroup" + own);
    set("memory.current", "0");
    set("memory.high", "max");
    set("memory.max", "max");
    count({});
  }
  FakeGroups(const FakeGroups&) = delete;
  FakeGroups& operator=(const FakeGroups&) = delete;
  ~FakeGroups() { std::filesystem::remove_all(root_); }

  struct Counts {
    int high = 0, max = 0, oom = 0;
  };

  const std::string& root() const { return root_; }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path{root_ + path}.parent_path());
    // Put in its place at once: who reads meanwhile sees the old one or the new one.
    std::ofstream{root_ + path + ".new"} << text;
    std::filesystem::rename(root_ + path + ".new", root_ + path);
  }
  std::string read(const std::string& path) const {
    std::ifstream file{root_ + path};
    std::string line;
    std::getline(file, line, '\0');
    return line;
  }
  void set_in(const std::string& group, const std::string& file, const std::string& text) const {
    write("/sys/fs/cgroup" + group + "/" + file, text + "\n");
  }
  void set(const std::string& file, const std::string& text) const { set_in(own_, file, text); }
  void hold(std::size_t bytes, std::size_t file_bytes = 0) const {
    set("memory.stat", "anon " + std::to_string(bytes - file_bytes) +
                           "\nfile 77\ninactive_anon 5\nactive_anon 6" + "\ninactive_file " +
                           std::to_string(file_bytes / 2) + "\nactive_file " +
                           std::to_string(file_bytes - file_bytes / 2));
    set("memory.current", std::to_string(bytes));
  }
  void count(Counts counts) const {
    set("memory.events", "low 0\nhigh " + std::to_string(counts.high) + "\nmax " +
                             std::to_string(counts.max) + "\noom " + std::to_string(counts.oom) +
                             "\noom_kill 0");
  }

 private:
  std::string own_, root_;
};

}  // namespace cenote::test
