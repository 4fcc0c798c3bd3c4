/// Files and folders that vanish when their owner does.
#pragma once

#include <string>

#include "file_descriptor.hpp"

namespace cenote::cli {

/// A new empty folder with a path free of colons and spaces, which CENOTE_OPTIONS can carry. Throws Failure.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A file without a name, open for reading and writing. Throws Failure.
class TemporaryFile {
 public:
  TemporaryFile();

  [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
  void clear() noexcept;
  /// At most the last `bytes` of it.
  [[nodiscard]] std::string tail(std::size_t bytes) const;

 private:
  FileDescriptor file_;
};

}  // namespace cenote::cli
