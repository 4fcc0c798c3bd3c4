#include "profile_recording.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace cenote::cli {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

Environment ProfileRecording::applied_to(Environment environment) const {
  return with_cenote_option(std::move(environment), "profile=" + folder_.path() + "/%p");
}

std::size_t ProfileRecording::commit(pid_t program) {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path(), error)) {
    const std::string process = entry.path().filename();
    if (process.find_first_not_of("0123456789") != std::string::npos)
      continue;  // a killed process's half a file
    ++count;
    if (process == std::to_string(program)) {
      file_.commit(content_of(entry.path()));
    } else {
      OutputFile(file_.path() + "." + process, "--profile").commit(content_of(entry.path()));
    }
  }
  return count;
}

}  // namespace cenote::cli
