/// Has the replacement make heap profiles of a program and of those that it starts.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "../process/environment.hpp"
#include "../process/temporary.hpp"
#include "../report/output_file.hpp"
#include "last_profiles.hpp"

namespace cenote::cli {

class Symbolizer;

/// What became of the profiles of a run.
struct ProfilesWritten {
  std::size_t count = 0;
  std::optional<double>
      age_s{};  // set when the program wrote no profile: its last reading is so much older than its end
};

/// A folder for the profiles of one run, while it lives.
class ProfileRecording {
 public:
  /// Writes pprof's format, or a page where `path` ends in .html, with `name` as its title. Throws Failure
  /// when `path` cannot be written.
  ProfileRecording(const std::string& path, std::string name)
      : file_(path, "--profile"), name_(std::move(name)) {}

  /// `environment` with the option that makes the replacement write here.
  [[nodiscard]] Environment applied_to(Environment environment) const;

  /// Reads the profiles during the run: of processes that do not come to write their own, the last reading is
  /// kept.
  [[nodiscard]] RunObserver& observer() noexcept { return last_; }

  /// Writes the profile of the process `program` to its file, and that of each other process beside it, all
  /// with files, lines and inlined functions where debug information is here. Throws Failure.
  ProfilesWritten commit(pid_t program);

  /// Where the profile of another process is: its number is behind the name, or before .html.
  [[nodiscard]] std::string path_of(const std::string& process) const;

 private:
  [[nodiscard]] bool makes_pages() const { return file_.path().ends_with(kPageEnd); }
  void write(pid_t process, pid_t program, std::string profile, Symbolizer& symbolizer);

  static constexpr std::string_view kPageEnd = ".html";

  OutputFile file_;
  std::string name_;
  TemporaryFolder folder_;
  LastProfiles last_{folder_.path()};
};

}  // namespace cenote::cli
