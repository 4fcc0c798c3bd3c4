#include "malloc/options.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/print_error.hpp"
#include "base/text.hpp"
#include "pool_support/wished_limit.hpp"

namespace cenote::shim {
namespace {

bool set_switch(std::string_view value, bool& option) noexcept {
  if (value != "on" && value != "off") return false;
  option = value == "on";
  return true;
}

bool set_hardening(std::string_view value, Options& options) noexcept {
  if (value != "default" && value != "full") return false;
  options.hardening = value == "full" ? Hardening::full : Hardening::trusting;
  return true;
}

bool set_pages(std::string_view value, Options& options) noexcept {
  constexpr std::array kKinds{std::pair{std::string_view{"normal"}, PageKind::normal},
                              std::pair{std::string_view{"transparent_huge"}, PageKind::transparent_huge},
                              std::pair{std::string_view{"huge_2mib"}, PageKind::huge_2mib}};
  for (const auto& [name, kind] : kKinds) {
    if (value != name) continue;
    options.pages = kind;
    return true;
  }
  return false;
}

template <std::size_t kRoom>
bool set_path(std::string_view value, char (&path)[kRoom]) noexcept {
  if (value.empty() || value.size() >= kRoom) return false;
  path[value.copy(path, value.size())] = '\0';
  return true;
}

template <class Number>
bool set_number(std::string_view value, Number& option) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return false;
  option = number;
  return true;
}

bool set_profile_rate(std::string_view value, Options& options) noexcept {
  std::uint64_t rate = 0;
  if (!set_number(value, rate) || rate == 0) return false;
  options.profile_rate = rate;
  return true;
}

bool set_profile_signal(std::string_view value, Options& options) noexcept {
  if (value != "usr1" && value != "usr2") return false;
  options.profile_signal = value == "usr1" ? os::UserSignal::usr1 : os::UserSignal::usr2;
  return true;
}

bool set_profile(std::string_view value, Options& options) noexcept {
  options.profile[0] = '\0';
  if (set_switch(value, options.profile_on)) return true;
  options.profile_on = set_path(value, options.profile);
  return options.profile_on;
}

bool set_limit(std::string_view value, Options& options) noexcept {
  LimitOption limit{};
  if (value == "cgroup") {
    limit.percent = 100;
  } else if (value.ends_with('%')) {
    value.remove_suffix(1);
    if (!set_number(value, limit.percent) || limit.percent == 0 || limit.percent > 100) return false;
  } else if (limit.bytes = bytes_of_text(value); limit.bytes == 0) {
    return false;
  }
  options.limit = limit;
  return true;
}

bool set_limit_action(std::string_view value, Options& options) noexcept {
  if (value != "refuse" && value != "report") return false;
  options.limit_action = value == "report" ? LimitAction::report : LimitAction::refuse;
  return true;
}

struct Key {
  std::string_view name;
  bool (*set)(std::string_view value, Options& options) noexcept;
  const char* values;
};

constexpr std::array kKeys{
    Key{"hardening", &set_hardening, "default or full"},
    Key{"limit", &set_limit,
        "bytes (512MiB), a share of what the control group or machine has (80%), or cgroup"},
    Key{"limit_action", &set_limit_action, "refuse or report"},
    Key{"pages", &set_pages, "normal, transparent_huge or huge_2mib"},
    Key{"pressure", [](std::string_view v, Options& o) noexcept { return set_switch(v, o.pressure); },
        "on or off"},
    Key{"profile", &set_profile, "a file, on or off"},
    Key{"profile_rate", &set_profile_rate, "a number of bytes, at least 1"},
    Key{"profile_signal", &set_profile_signal, "usr1 or usr2"},
    Key{"leaks", [](std::string_view v, Options& o) noexcept { return set_switch(v, o.leaks); }, "on or off"},
    Key{"record_sizes", [](std::string_view v, Options& o) noexcept { return set_path(v, o.record_sizes); },
        "a directory"},
    Key{"scavenger", [](std::string_view v, Options& o) noexcept { return set_switch(v, o.scavenger); },
        "on or off"},
    Key{"purge_delay_ms",
        [](std::string_view v, Options& o) noexcept { return set_number(v, o.purge_delay_ms); },
        "a number of milliseconds"},
    Key{"verbose", [](std::string_view v, Options& o) noexcept { return set_switch(v, o.verbose); },
        "on or off"},
};

void warn_unknown(std::string_view name) noexcept {
  print_error_format(
      "cenote: CENOTE_OPTIONS: unknown key \"%s\" ignored; known are hardening, limit, "
      "limit.NAME, limit_action, pages, pressure, profile, "
      "profile_rate, "
      "profile_signal, leaks, record_sizes, scavenger, purge_delay_ms, verbose\n",
      cenote::text::Printable<>{name}.get());
}

void warn_value(const Key& key, std::string_view value) noexcept {
  print_error_format("cenote: CENOTE_OPTIONS: bad value \"%s\" for %.*s ignored; it takes %s\n",
                     text::Printable<>{value}.get(), static_cast<int>(key.name.size()), key.name.data(),
                     key.values);
}

void apply(std::string_view item, Options& options) noexcept {
  const std::size_t equals = item.find('=');
  const std::string_view name = item.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
  if (name.starts_with("limit.")) return;  // of heaps of that name: whoever has such a heap reads it
  for (const Key& key : kKeys) {
    if (key.name != name) continue;
    if (!key.set(value, options)) warn_value(key, value);
    return;
  }
  warn_unknown(name);
}

}  // namespace

void parse_options(const char* text, Options& options) noexcept {
  std::string_view rest = text != nullptr ? text : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view item = rest.substr(0, colon);
    if (!item.empty()) apply(item, options);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
}

}  // namespace cenote::shim
