#include "environment.hpp"

#include <unistd.h>

#include <algorithm>

namespace cenote::cli {
namespace {

constexpr std::string_view kPreload = "LD_PRELOAD";
constexpr std::string_view kCenoteOptions = "CENOTE_OPTIONS";

bool names(const std::string& line, std::string_view name) {
  return line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=';
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::string> split_preloads(std::string_view value) {
  std::vector<std::string> entries;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(" :"), value.size());
    if (end > 0) entries.emplace_back(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return entries;
}

bool is_one_of(const std::string& entry, const std::vector<std::string>& libraries) {
  return std::ranges::any_of(
      libraries, [&](const std::string& library) { return file_name(entry) == file_name(library); });
}

}  // namespace

Environment Environment::current() {
  Environment environment;
  for (char** line = environ; line != nullptr && *line != nullptr; ++line)
    environment.lines_.emplace_back(*line);
  return environment;
}

std::optional<std::string> Environment::get(std::string_view name) const {
  const auto line = std::ranges::find_if(lines_, [&](const std::string& text) { return names(text, name); });
  if (line == lines_.end()) return std::nullopt;
  return line->substr(name.size() + 1);
}

void Environment::unset(std::string_view name) {
  std::erase_if(lines_, [&](const std::string& line) { return names(line, name); });
}

void Environment::set(std::string_view name, std::string_view value) {
  unset(name);
  lines_.push_back(std::string(name) + "=" + std::string(value));
}

Environment with_preload(Environment environment, const std::string& library) {
  const std::string others = environment.get(kPreload).value_or("");
  environment.set(kPreload, others.empty() ? library : library + ":" + others);
  return environment;
}

Environment without_preloads(Environment environment, const std::vector<std::string>& libraries) {
  const std::optional<std::string> value = environment.get(kPreload);
  if (!value) return environment;
  std::string kept;
  for (const std::string& entry : split_preloads(*value)) {
    if (!is_one_of(entry, libraries)) kept += (kept.empty() ? "" : ":") + entry;
  }
  environment.unset(kPreload);
  if (!kept.empty()) environment.set(kPreload, kept);
  return environment;
}

Environment with_cenote_option(Environment environment, std::string_view item) {
  const std::string others = environment.get(kCenoteOptions).value_or("");
  environment.set(kCenoteOptions, others.empty() ? std::string(item) : others + ":" + std::string(item));
  return environment;
}

}  // namespace cenote::cli
