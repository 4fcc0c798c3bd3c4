#include <cstdio>

#include <fmt/format.h>

#include "../inspect/remote_process.hpp"
#include "../text/quoting.hpp"
#include "commands.hpp"

namespace cenote::cli {
namespace {

std::string rendered(const stats::Snapshot& snapshot, StatsFormat format) {
  switch (format) {
    case StatsFormat::json:
      return stats::to_json(snapshot) + "\n";
    case StatsFormat::openmetrics:
      return stats::to_openmetrics(snapshot);
    case StatsFormat::table:
      break;
  }
  return stats::to_table(snapshot);
}

}  // namespace

int stats_command(const StatsOptions& options) {
  RemoteProcess process(options.process);
  const std::string text = rendered(process.snapshot(), options.format);
  for (const std::string& module : process.unreadable_modules())
    fmt::print(stderr, "cenote: note: {} carries another build of cenote, whose pools are not shown\n",
               printable(module));
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0;
}

}  // namespace cenote::cli
