/// Has the replacement make heap profiles of a program and of those that it starts.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "../process/environment.hpp"
#include "../process/temporary.hpp"
#include "../report/output_file.hpp"

namespace cenote::cli {

/// A folder for the profiles of one run, while it lives.
class ProfileRecording {
 public:
  /// What is written is in pprof's format, or pages where `path` ends in .html; `name` is what they are called in them. Throws Failure when
  /// `path` cannot be written.
  ProfileRecording(const std::string& path, std::string name)
      : file_(path, "--profile"), name_(std::move(name)) {}

  /// `environment` with the option that makes the replacement write here.
  [[nodiscard]] Environment applied_to(Environment environment) const;

  /// Writes the profile of the process `program` to its file, and that of each other process beside it, all with files, lines and inlined
  /// functions where debug information is here. Returns how many there were: none, and nothing was written, where no process ended by
  /// exit. Throws Failure.
  std::size_t commit(pid_t program);

  /// Where the profile of another process is: its number is behind the name, or before .html.
  [[nodiscard]] std::string path_of(const std::string& process) const;

 private:
  [[nodiscard]] bool makes_pages() const { return file_.path().ends_with(kPageEnd); }

  static constexpr std::string_view kPageEnd = ".html";

  OutputFile file_;
  std::string name_;
  TemporaryFolder folder_;
};

}  // namespace cenote::cli
