/// The quantities that are compared, as a table: every rendering walks over it.
#pragma once

#include <array>
#include <string>

#include "../text/units.hpp"
#include "measurement.hpp"

namespace cenote::cli {

struct Metric {
  const char* name;        // in JSON's ratios
  const char* field_name;  // in JSON's allocators, with the unit
  const char* title;
  const char* meaning;
  const char* less;  // "14 % less time"
  const char* more;
  double (*value)(const Measurement&);
  std::string (*format)(double);
  Unit (*unit)(double largest) noexcept;
};

inline constexpr std::array kMetrics{
    Metric{"wall", "wall_s", "Wall time", "from start to exit", "less time", "more time",
           [](const Measurement& run) { return run.wall_s; }, &format_seconds, &seconds_unit},
    Metric{"cpu", "cpu_s", "CPU time", "user and system, all processes", "less CPU", "more CPU",
           [](const Measurement& run) { return run.cpu_s; }, &format_seconds, &seconds_unit},
    Metric{"peak_rss", "peak_rss_bytes", "Peak memory", "resident, all processes together", "less memory",
           "more memory", [](const Measurement& run) { return static_cast<double>(run.peak_rss_bytes()); },
           &format_bytes, &bytes_unit},
    Metric{"page_faults", "page_faults", "Page faults", "minor and major, all processes", "fewer faults",
           "more faults", [](const Measurement& run) { return static_cast<double>(run.page_faults()); },
           &format_count, &count_unit},
};

}  // namespace cenote::cli
