#include "profile_recording.hpp"

#include <charconv>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "../flame/flame_page.hpp"
#include "../text/units.hpp"
#include "enrich.hpp"
#include "live_pprof.hpp"
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

void ProfileRecording::write(pid_t process, pid_t program, std::string profile, Symbolizer& symbolizer) {
  profile = enriched(std::move(profile), symbolizer);
  const std::string number = std::to_string(process);
  const std::string name = process == program ? name_ : fmt::format("{}: process {}", name_, number);
  const std::string content =
      makes_pages() ? flame_page(read_pprof(profile, name), name) : std::move(profile);
  if (process == program)
    file_.commit(content);
  else
    OutputFile(path_of(number), "--profile").commit(content);
}

ProfilesWritten ProfileRecording::commit(pid_t program) {
  ProfilesWritten out;
  Symbolizer symbolizer;
  std::set<pid_t> written;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path(), error)) {
    const std::string number = entry.path().filename();
    pid_t process = 0;
    const char* const end = number.data() + number.size();
    if (std::from_chars(number.data(), end, process).ptr != end) continue;  // a killed process's half a file
    write(process, program, pprof_bytes(entry.path()), symbolizer);
    written.insert(process);
  }
  for (const auto& [process, reading] : last_.readings()) {
    if (!written.insert(process).second) continue;
    const double age_s = last_.age_s(reading);
    if (process == program) out.age_s = age_s;
    const std::string comment = fmt::format(
        "read {} before the program's end: the process wrote no profile, as after a signal or _exit",
        format_seconds(age_s));
    write(process, program, with_comment(live_pprof(reading.profile, reading.code), comment), symbolizer);
  }
  out.count = written.size();
  return out;
}

}  // namespace cenote::cli
