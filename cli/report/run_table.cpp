#include "run_table.hpp"

#include <cmath>

#include <fmt/format.h>

#include "../sizes/size_ranges.hpp"
#include "../text/quoting.hpp"
#include "../text/text_table.hpp"
#include "../text/units.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kCommandColumns = 80;
constexpr std::size_t kBarColumns = 30;

std::string bar(double share) {
  const auto filled = static_cast<std::size_t>(std::lround(share * kBarColumns));
  std::string out;
  for (std::size_t column = 0; column < kBarColumns; ++column) out += column < filled ? "█" : " ";
  return out;
}

std::string line(const char* name, const std::string& value) {
  return fmt::format("  {:<15}{}\n", name, value);
}

std::string cpu(const Measurement& run) {
  const double part = run.wall_s > 0 ? run.cpu_s / run.wall_s * 100 : 0;
  return fmt::format("{}  ({:.0f} % of one processor)", format_seconds(run.cpu_s), part);
}

std::string sizes_table(const SizeCounts& sizes) {
  const double total = static_cast<double>(sizes.total());
  TextTable table;
  for (const SizeRange& range : size_ranges(sizes)) {
    const double share = static_cast<double>(range.calls) / total;
    table.add_row({fmt::format("{:>8} – {:<8}", format_size(range.begin), format_size(range.end)),
                   format_count(static_cast<double>(range.calls)), fmt::format("{:.1f} %", share * 100),
                   bar(share)});
  }
  return table.render();
}

}  // namespace

std::string run_table(const Command& command, const Measurement& run,
                      const std::optional<SizeCounts>& sizes) {
  std::string out =
      fmt::format("cenote run: {}\n", shorten(printable(shell_quote(command)), kCommandColumns));
  out += line("wall time", format_seconds(run.wall_s));
  out += line("CPU time", cpu(run));
  out += line("peak resident", format_bytes(static_cast<double>(run.peak_rss_bytes())));
  out +=
      line("page faults", fmt::format("{}  ({} major)", format_count(static_cast<double>(run.page_faults())),
                                      format_count(static_cast<double>(run.major_faults))));
  out += line("processes", fmt::format("{} seen", run.processes_seen));
  if (!sizes) return out;
  out += line("allocations", format_count(static_cast<double>(sizes->total())));
  return out + sizes_table(*sizes);
}

}  // namespace cenote::cli
