#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "../library/cenote_library.hpp"
#include "../library/library_check.hpp"
#include "../library/preloadability.hpp"
#include "../report/comparison_json.hpp"
#include "../report/comparison_page.hpp"
#include "../report/comparison_table.hpp"
#include "../report/output_file.hpp"
#include "../text/quoting.hpp"
#include "commands.hpp"
#include "comparing.hpp"

namespace cenote::cli {
namespace {

using File = std::unique_ptr<OutputFile>;

File open_if_asked(const std::string& path, std::string_view option) {
  return path.empty() ? nullptr : std::make_unique<OutputFile>(path, option);
}

/// `system` first: it is the base of the ratios.
std::vector<AllocatorRuns> allocators_of(const CompareOptions& options, const SignalGate& signals) {
  std::vector<AllocatorRuns> allocators{{"system", "", {}}, {"cenote", cenote_library(), {}}};
  for (const NamedLibrary& other : options.with) allocators.push_back({other.name, other.library, {}});
  for (const AllocatorRuns& allocator : allocators) {
    if (!allocator.library.empty()) check_loads(allocator.name, allocator.library, signals);
  }
  return allocators;
}

}  // namespace

int compare_command(const CompareOptions& options) {
  const SignalGate signals;
  const File json = open_if_asked(options.json_file, "--json");
  const File html = open_if_asked(options.html_file, "--html");
  Comparison comparison{options.command, options.rounds, allocators_of(options, signals)};

  warn_if_not_preloadable(options.command.front());
  Comparing comparing(comparison, signals, html != nullptr);
  if (const auto failed = comparing.run_all()) {
    fmt::print(stderr, "{}", failed->message);
    return failed->status;
  }
  const bool stdout_is_taken = (json && json->is_stdout()) || (html && html->is_stdout());
  fmt::print(stdout_is_taken ? stderr : stdout, "{}", comparison_table(comparison));
  if (json) json->commit(comparison_json(comparison));
  if (html) html->commit(comparison_page({options, comparison, comparing.sizes()}));
  if (html && !html->is_stdout())
    fmt::print(stdout_is_taken ? stderr : stdout, "  report: {}\n", printable(html->path()));
  return 0;
}

}  // namespace cenote::cli
