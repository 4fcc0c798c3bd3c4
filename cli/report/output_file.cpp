#include "output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

[[noreturn]] void fail(std::string_view option, const std::string& path, const std::string& reason) {
  throw Failure(fmt::format("{} '{}': cannot write there: {}", option, path, reason));
}

/// Writes all of `text`; whether that worked, errno otherwise.
bool write_all(int file, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string_view option) : path_(std::move(path)) {
  if (is_stdout()) {
    file_ = FileDescriptor(::dup(STDOUT_FILENO));
    if (!file_.is_open()) fail(option, path_, std::strerror(errno));
    return;
  }
  constexpr int kMode = 0666;  // less what the umask takes
  file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  remove_ = file_.is_open();
  if (!remove_) file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file_.is_open()) fail(option, path_, std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (remove_) ::unlink(path_.c_str());
}

void OutputFile::commit(std::string_view text) {
  remove_ = false;
  if (!is_stdout() && ::ftruncate(file_.get(), 0) != 0 && errno != EINVAL) {  // EINVAL: a pipe or a device
    throw Failure(fmt::format("cannot write '{}': {}", path_, std::strerror(errno)), 1);
  }
  if (!write_all(file_.get(), text))
    throw Failure(fmt::format("cannot write '{}': {}", path_, std::strerror(errno)), 1);
}

void make_folder(const std::string& folder, std::string_view option) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(option, folder, error.message());
}

}  // namespace cenote::cli
