#include <cstdio>
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

}  // namespace

int run_command(const RunOptions& options) {
  const std::string library = cenote_library();
  const std::unique_ptr<Report> report = open_report(options);
  const std::unique_ptr<ProfileRecording> profile = open_profile(options);
  const SignalGate signals;
  check_loads("cenote", library, signals);
  warn_if_not_preloadable(options.command.front());
  const RunResult result = measured_run(launch_of(options, library, report.get(), profile.get()), signals,
                                        Leftovers::keep, report ? &report->breakdown : nullptr);
  const std::optional<SizeCounts> sizes = report ? report->recording.counts() : std::nullopt;
  fmt::print(stderr, "\n{}", run_table(options.command, result.measurement, sizes));
  if (!result.exit.success()) fmt::print(stderr, "  {:<15}{}\n", "ended with", result.exit.description());
  if (report) {
    report->page.commit(
        run_page({options, library, result.measurement, result.exit, sizes, report->breakdown.last()}));
    fmt::print(stderr, "  {:<15}{}\n", "report", report->page.path());
  }
  if (profile) {
    const std::size_t profiles = profile->commit(result.process);
    fmt::print(stderr, "  {:<15}{}\n", "heap profile",
               profiles == 0   ? "none: no process ended by exit"
               : profiles == 1 ? options.profile_file
                               : fmt::format("{}, {}: {} processes", options.profile_file,
                                             profile->path_of("PID"), profiles));
  }
  return result.exit.code();
}

}  // namespace cenote::cli
