/// Has the replacement make heap profiles of a program and of those that it starts.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "../process/environment.hpp"
#include "../process/temporary.hpp"
#include "../report/output_file.hpp"

namespace cenote::cli {

/// A folder for the profiles of one run, while it lives.
class ProfileRecording {
 public:
  /// Throws Failure when `path` cannot be written.
  explicit ProfileRecording(const std::string& path) : file_(path, "--profile") {}

  /// `environment` with the option that makes the replacement write here.
  [[nodiscard]] Environment applied_to(Environment environment) const;

  /// Writes the profile of the process `program` to its file, and that of each other process beside it, with its number behind the name.
  /// Returns how many there were: none, and nothing was written, where no process ended by exit. Throws Failure.
  std::size_t commit(pid_t program);

 private:
  OutputFile file_;
  TemporaryFolder folder_;
};

}  // namespace cenote::cli
