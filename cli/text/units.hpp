/// Numbers for people: a value and a unit that suits its size.
#pragma once

#include <string>

namespace cenote::cli {

/// How a quantity is written: `size` of it make one of `name`, as 1024 bytes make one KiB.
struct Unit {
  double size;
  const char* name;  // "" for plain counts
};

/// The unit in which a value of about `largest` has one to four digits before the point.
Unit seconds_unit(double largest) noexcept;
Unit bytes_unit(double largest) noexcept;
Unit count_unit(double largest) noexcept;

/// `value` in `unit`, three significant digits at least: "1.23 s", "340 KiB".
std::string with_unit(double value, Unit unit);

std::string format_seconds(double seconds);
std::string format_bytes(double bytes);
std::string format_count(double count);  // "1,234,567"
std::string format_ratio(double ratio);  // "0.93×", "–" when there is none (NaN)

/// A request size, exact: "96 B", "1.25 KiB".
std::string format_size(double bytes);

}  // namespace cenote::cli
