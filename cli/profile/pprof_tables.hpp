/// The tables of a profile in pprof's format, as they are written: strings, modules, functions and locations,
/// by their ids.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cenote::cli::pprof {

struct Mapping {
  std::uint64_t start = 0, end = 0, offset = 0;
  std::uint64_t file = 0, build_id = 0;  // strings
};

struct Function {
  std::uint64_t name = 0, file = 0;  // strings
};

struct Line {
  std::uint64_t function = 0;
  std::int64_t line = 0;
};

struct Location {
  std::uint64_t mapping = 0;  // 0: none
  std::uint64_t address = 0;
  std::vector<Line> lines;  // the innermost of inlined calls first
};

/// Refers to the bytes that it was read from.
class Tables {
 public:
  /// Errors  throws protozero::exception, and Failure where ids are used twice
  explicit Tables(std::string_view bytes);

  /// Errors  throws Failure when there is no such string
  [[nodiscard]] std::string_view string(std::uint64_t index) const;
  [[nodiscard]] std::size_t string_count() const noexcept { return strings_.size(); }
  [[nodiscard]] const std::unordered_map<std::uint64_t, Mapping>& mappings() const noexcept {
    return mappings_;
  }
  [[nodiscard]] const std::unordered_map<std::uint64_t, Function>& functions() const noexcept {
    return functions_;
  }
  [[nodiscard]] const std::unordered_map<std::uint64_t, Location>& locations() const noexcept {
    return locations_;
  }

 private:
  std::vector<std::string_view> strings_;
  std::unordered_map<std::uint64_t, Mapping> mappings_;
  std::unordered_map<std::uint64_t, Function> functions_;
  std::unordered_map<std::uint64_t, Location> locations_;
};

/// The fields `id` and the rest of a location, of one message.
std::pair<std::uint64_t, Location> read_location(protozero::pbf_reader message);
std::pair<std::uint64_t, Mapping> read_mapping(protozero::pbf_reader message);

}  // namespace cenote::cli::pprof
