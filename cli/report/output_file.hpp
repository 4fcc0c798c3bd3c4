/// A file to be written at the end, known to be writable from the start.
#pragma once

#include <string>
#include <string_view>

#include "../options/options.hpp"
#include "../process/file_descriptor.hpp"

namespace cenote::cli {

/// Opens `path` at once and leaves what is in it until commit(). When that never comes, a file that did not
/// exist before is removed again. The path kStdout is standard output.
class OutputFile {
 public:
  /// Throws Failure when `path` cannot be written; `option` is named in it.
  OutputFile(std::string path, std::string_view option);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Replaces the file's content; writes to standard output behind what is there. Throws Failure.
  void commit(std::string_view text);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool is_stdout() const noexcept { return path_ == kStdout; }

 private:
  std::string path_;
  FileDescriptor file_;
  bool remove_ = false;  // it is ours and holds nothing yet
};

/// Makes `folder` and those above it. Throws Failure.
void make_folder(const std::string& folder, std::string_view option);

}  // namespace cenote::cli
