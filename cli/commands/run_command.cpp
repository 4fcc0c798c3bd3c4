#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../inspect/peak_breakdown.hpp"
#include "../library/cenote_library.hpp"
#include "../library/library_check.hpp"
#include "../library/preloadability.hpp"
#include "../process/measured_run.hpp"
#include "../profile/profile_recording.hpp"
#include "../report/output_file.hpp"
#include "../report/run_page.hpp"
#include "../report/run_table.hpp"
#include "../sizes/size_recording.hpp"
#include "../text/quoting.hpp"
#include "../text/units.hpp"
#include "commands.hpp"

namespace cenote::cli {
namespace {

/// What `--report` asks for: a page, and what is to be shown on it.
struct Report {
  OutputFile page;
  SizeRecording recording;
  PeakBreakdown breakdown;

  explicit Report(const std::string& folder) : page(folder + "/index.html", "--report") {}
};

std::unique_ptr<Report> open_report(const RunOptions& options) {
  if (options.report_folder.empty()) return nullptr;
  make_folder(options.report_folder, "--report");
  return std::make_unique<Report>(options.report_folder);
}

std::unique_ptr<ProfileRecording> open_profile(const RunOptions& options) {
  if (options.profile_file.empty()) return nullptr;
  return std::make_unique<ProfileRecording>(options.profile_file, shell_quote(options.command));
}

Launch launch_of(const RunOptions& options, const std::string& library, const Report* report,
                 const ProfileRecording* profile) {
  Launch launch{options.command, with_preload(without_preloads(Environment::current(), {library}), library)};
  if (report != nullptr) launch.environment = report->recording.applied_to(std::move(launch.environment));
  if (profile != nullptr) launch.environment = profile->applied_to(std::move(launch.environment));
  return launch;
}

/// Why no process of a run left a profile.
std::string why_no_profile(const RunOptions& options, const RunResult& result) {
  if (result.exit.is_signalled()) return result.exit.description() + " before its profile was read";
  if (const auto why = why_not_preloadable(options.command.front()))
    return fmt::format("'{}' {}, so it ran on its own malloc", options.command.front(), *why);
  return "the program did not run on cenote, or ended at once by _exit";
}

std::string profile_words(const RunOptions& options, const RunResult& result, ProfileRecording& profile) {
  const ProfilesWritten written = profile.commit(result.process);
  if (written.count == 0) return "none: " + why_no_profile(options, result);
  std::string words = options.profile_file;
  if (written.count > 1) words += fmt::format(", {}: {} processes", profile.path_of("PID"), written.count);
  if (written.age_s)
    words += fmt::format("; the program's is from {} before its end", format_seconds(*written.age_s));
  return words;
}

/// Most of what a script holds is in Python's own arenas, which a profile of malloc does not see.
void note_python(const Command& command) {
  const std::string& program = command.front();
  if (!program.substr(program.rfind('/') + 1).starts_with("python")) return;
  if (std::getenv("PYTHONMALLOC") != nullptr) return;
  fmt::print(
      stderr,
      "cenote: note: Python keeps objects up to 512 bytes in arenas of its own; PYTHONMALLOC=malloc shows "
      "them in the profile\n");
}

}  // namespace

int run_command(const RunOptions& options) {
  const std::string library = cenote_library();
  const std::unique_ptr<Report> report = open_report(options);
  const std::unique_ptr<ProfileRecording> profile = open_profile(options);
  const SignalGate signals;
  check_loads("cenote", library, signals);
  warn_if_not_preloadable(options.command.front());
  if (profile) note_python(options.command);
  const RunResult result =
      measured_run(launch_of(options, library, report.get(), profile.get()), signals, Leftovers::keep,
                   report ? &report->breakdown : nullptr, profile ? &profile->observer() : nullptr);
  const std::optional<SizeCounts> sizes = report ? report->recording.counts() : std::nullopt;
  fmt::print(stderr, "\n{}", run_table(options.command, result.measurement, sizes));
  if (!result.exit.success()) fmt::print(stderr, "  {:<15}{}\n", "ended with", result.exit.description());
  if (report) {
    report->page.commit(
        run_page({options, library, result.measurement, result.exit, sizes, report->breakdown.last()}));
    fmt::print(stderr, "  {:<15}{}\n", "report", printable(report->page.path()));
  }
  if (profile) {
    fmt::print(stderr, "  {:<15}{}\n", "heap profile", printable(profile_words(options, result, *profile)));
  }
  return result.exit.code();
}

}  // namespace cenote::cli
