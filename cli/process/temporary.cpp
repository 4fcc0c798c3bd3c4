#include "temporary.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

std::string temporary_root() {
  const char* const root = std::getenv("TMPDIR");
  const bool usable = root != nullptr && root[0] == '/' && std::strpbrk(root, ": ") == nullptr;
  return usable ? root : "/tmp";
}

[[noreturn]] void fail(const std::string& root) {
  throw Failure(fmt::format("cannot write to the temporary folder '{}': {}", root, std::strerror(errno)), 1);
}

}  // namespace

TemporaryFolder::TemporaryFolder() : path_(temporary_root() + "/cenote-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) fail(temporary_root());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TemporaryFile::TemporaryFile() {
  std::string path = temporary_root() + "/cenote-XXXXXX";
  file_ = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC | O_APPEND));
  if (!file_.is_open()) fail(temporary_root());
  ::unlink(path.c_str());
}

void TemporaryFile::clear() noexcept {
  if (::ftruncate(file_.get(), 0) != 0) return;  // O_APPEND: the next write starts at the new end
}

std::string TemporaryFile::tail(std::size_t bytes) const {
  struct stat facts = {};
  ::fstat(file_.get(), &facts);
  const auto size = static_cast<std::size_t>(facts.st_size);
  std::string text(std::min(size, bytes), '\0');
  const ssize_t got = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace cenote::cli
