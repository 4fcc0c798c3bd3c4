#include "profile_recording.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "../flame/flame_page.hpp"
#include "enrich.hpp"
#include "read_pprof.hpp"
#include "symbolizer.hpp"

namespace cenote::cli {

Environment ProfileRecording::applied_to(Environment environment) const {
  return with_cenote_option(std::move(environment), "profile=" + folder_.path() + "/%p");
}

std::string ProfileRecording::path_of(const std::string& process) const {
  const std::string& path = file_.path();
  if (!makes_pages()) return path + "." + process;
  return path.substr(0, path.size() - kPageEnd.size()) + "." + process + std::string(kPageEnd);
}

std::size_t ProfileRecording::commit(pid_t program) {
  std::size_t count = 0;
  std::error_code error;
  Symbolizer symbolizer;
  const auto content = [&](const std::filesystem::path& path, const std::string& name) {
    std::string bytes = enriched(pprof_bytes(path), symbolizer);
    return makes_pages() ? flame_page(read_pprof(bytes, path.string()), name) : bytes;
  };
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path(), error)) {
    const std::string process = entry.path().filename();
    if (process.find_first_not_of("0123456789") != std::string::npos)
      continue;  // a killed process's half a file
    ++count;
    if (process == std::to_string(program)) {
      file_.commit(content(entry.path(), name_));
    } else {
      const std::string name = fmt::format("{}: process {}", name_, process);
      OutputFile(path_of(process), "--profile").commit(content(entry.path(), name));
    }
  }
  return count;
}

}  // namespace cenote::cli
