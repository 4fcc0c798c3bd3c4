/// The environment of a program to be started, and who is preloaded into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::cli {

/// `NAME=value` lines; a copy that can be changed.
class Environment {
 public:
  /// This process's own.
  static Environment current();
  Environment() = default;
  explicit Environment(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  void unset(std::string_view name);
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// `environment` with `library` first in LD_PRELOAD; what was there stays behind it.
Environment with_preload(Environment environment, const std::string& library);

/// `environment` without `libraries` in LD_PRELOAD; other entries stay. An entry is also ours when its file
/// name is.
Environment without_preloads(Environment environment, const std::vector<std::string>& libraries);

/// `environment` with `item` ("key=value") added to CENOTE_OPTIONS.
Environment with_cenote_option(Environment environment, std::string_view item);

}  // namespace cenote::cli
