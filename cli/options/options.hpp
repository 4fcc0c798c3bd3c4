/// What the user asked for, as values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cenote::cli {

/// A program and its arguments, never empty.
using Command = std::vector<std::string>;

/// `--with NAME=LIB.so`
struct NamedLibrary {
  std::string name;
  std::string library;  // absolute, or a bare name for the dynamic linker to find
};

/// `--help`, `--version`: a text for stdout and nothing else.
struct ShowText {
  std::string text;
};

/// As the path of a file: standard output.
inline constexpr std::string_view kStdout = "-";

struct RunOptions {
  Command command;
  std::string report_folder;  // empty: no page
  std::string profile_file;   // empty: no heap profile
};

inline constexpr int kRoundsDefault = 5;
inline constexpr int kRoundsMax = 10'000;

struct CompareOptions {
  Command command;
  int rounds = kRoundsDefault;  // counted runs per allocator
  std::vector<NamedLibrary> with;
  std::string json_file;  // empty: none; may be kStdout
  std::string html_file;  // likewise
};

enum class StatsFormat : std::uint8_t { table, json, openmetrics };

struct StatsOptions {
  pid_t process = 0;
  StatsFormat format = StatsFormat::table;
};

struct ProfileOptions {
  pid_t process = 0;
  std::string file{};  // in pprof's format; empty: a list on stdout; may be kStdout
};

inline constexpr double kTopIntervalMin = 0.1, kTopIntervalMax = 60;

struct TopOptions {
  pid_t process = 0;  // 0: any that carries cenote, by choice
  double interval_s = 1;
};

inline constexpr int kServePortDefault = 8642;

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = kServePortDefault;    // 0: any that is free
  std::vector<pid_t> processes{};  // empty: all that carry cenote
};

struct FlameOptions {
  std::string profile_file;
  std::string page_file;
};

using Options = std::variant<ShowText, RunOptions, CompareOptions, StatsOptions, ProfileOptions, TopOptions,
                             ServeOptions, FlameOptions>;

}  // namespace cenote::cli
