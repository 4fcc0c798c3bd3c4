#include "parse_options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "../failure.hpp"
#include "../version.hpp"
#include "help_texts.hpp"
#include "named_library.hpp"

namespace cenote::cli {
namespace {

/// The command line, cut at its first `--`.
struct Words {
  std::vector<std::string> own;
  Command command;
};

Words split(const std::vector<std::string>& words) {
  const auto dashes = std::ranges::find(words, "--");
  return {{words.begin(), dashes}, {dashes == words.end() ? dashes : dashes + 1, words.end()}};
}

int parse_rounds(const std::string& text) {
  int rounds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, rounds);
  if (error != std::errc{} || end != last || rounds < 1 || rounds > kRoundsMax) {
    throw Failure(fmt::format("-n '{}': the number of runs is 1 to {}", text, kRoundsMax));
  }
  return rounds;
}

void refuse_twins(const std::vector<NamedLibrary>& libraries) {
  for (std::size_t i = 0; i < libraries.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (libraries[i].name != libraries[j].name) continue;
      throw Failure(fmt::format("--with {}: two libraries have this name", libraries[i].name));
    }
  }
}

/// An option for the path of a file or folder. An empty one, as of a shell variable that is not set, is
/// refused.
CLI::Option* add_path(CLI::App& command, const std::string& name, std::string& path,
                      const std::string& what) {
  const auto check = [](const std::string& word) { return word.empty() ? "the path is empty" : ""; };
  return command.add_option(name, path, what)->check(CLI::Validator(check, ""));
}

/// CLI11's help with a usage line of ours.
class UsageFormatter : public CLI::Formatter {
 public:
  explicit UsageFormatter(const char* usage) : usage_(usage) {}
  std::string make_usage(const CLI::App*, std::string) const override { return std::string(usage_) + "\n"; }

 private:
  const char* usage_;
};

/// The parser, and the places it writes to.
struct Parser {
  CLI::App app{kAbout};
  CLI::App* run = app.add_subcommand("run", kRunAbout);
  CLI::App* compare = app.add_subcommand("compare", kCompareAbout);
  CLI::App* stats = app.add_subcommand("stats", kStatsAbout);
  CLI::App* profile = app.add_subcommand("profile", kProfileAbout);
  CLI::App* top = app.add_subcommand("top", kTopAbout);
  CLI::App* serve = app.add_subcommand("serve", kServeAbout);
  CLI::App* flame = app.add_subcommand("flame", kFlameAbout);
  RunOptions run_options{};
  CompareOptions compare_options{};
  ServeOptions serve_options{};
  ProfileOptions profile_options{};
  FlameOptions flame_options{};
  std::string process{}, interval{};
  bool as_json = false, as_openmetrics = false;
  std::string rounds{};
  std::vector<std::string> with{}, processes{};
  std::string port{};

  Parser() {
    app.name("cenote")->footer(kFooter)->formatter(std::make_shared<UsageFormatter>(kUsage));
    app.set_version_flag("--version", version_text());
    run->footer(kRunFooter)->formatter(std::make_shared<UsageFormatter>(kRunUsage));
    add_path(*run, "--report", run_options.report_folder, "Write a page with pictures to DIR/index.html")
        ->type_name("DIR");
    add_path(*run, "--profile", run_options.profile_file,
             "Write a heap profile; a page when FILE ends in .html")
        ->type_name("FILE");
    compare->footer(kCompareFooter)->formatter(std::make_shared<UsageFormatter>(kCompareUsage));
    compare->add_option("-n", rounds, fmt::format("Runs under each allocator ({})", kRoundsDefault))
        ->type_name("N");
    compare->add_option("--with", with, "Another allocator to compare, as often as you like")
        ->type_name("NAME=LIB.so")
        ->allow_extra_args(false);
    add_path(*compare, "--json", compare_options.json_file, "Write the numbers")->type_name("FILE");
    add_path(*compare, "--html", compare_options.html_file, "Write a page with pictures")->type_name("FILE");
    stats->footer(kStatsFooter)->formatter(std::make_shared<UsageFormatter>(kStatsUsage));
    stats->add_option("PID", process, "The process, by its number")->type_name("");
    auto* const json = stats->add_flag("--json", as_json, "One JSON object");
    stats->add_flag("--openmetrics", as_openmetrics, "Text for Prometheus and its kin")->excludes(json);
    profile->footer(kProfileFooter)->formatter(std::make_shared<UsageFormatter>(kProfileUsage));
    profile->add_option("PID", process, "The process, by its number")->type_name("");
    add_path(*profile, "-o", profile_options.file, "Write it in pprof's format instead")->type_name("FILE");
    top->footer(kTopFooter)->formatter(std::make_shared<UsageFormatter>(kTopUsage));
    top->add_option("PID", process, "The process, by its number")->type_name("");
    top->add_option("--interval", interval, "Seconds between looks (1)")->type_name("SECONDS");
    serve->footer(kServeFooter)->formatter(std::make_shared<UsageFormatter>(kServeUsage));
    serve->add_option("PID", processes, "The processes to watch, by their numbers")->type_name("");
    serve
        ->add_option("--port", port,
                     fmt::format("Where to listen; 0: any that is free ({})", kServePortDefault))
        ->type_name("P");
    serve->add_option("--host", serve_options.host, "For whom to listen (127.0.0.1: this machine only)")
        ->type_name("ADDRESS");
    flame->footer(kFlameFooter)->formatter(std::make_shared<UsageFormatter>(kFlameUsage));
    flame->add_option("PROFILE", flame_options.profile_file, "The heap profile")->type_name("");
    add_path(*flame, "-o", flame_options.page_file, "Where to write the page (PROFILE.html)")
        ->type_name("PAGE.html");
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

std::string_view subcommand_of(const Parser& parser) {
  if (*parser.run) return " run";
  if (*parser.compare) return " compare";
  if (*parser.stats) return " stats";
  if (*parser.profile) return " profile";
  if (*parser.top) return " top";
  if (*parser.serve) return " serve";
  if (*parser.flame) return " flame";
  return "";
}

/// One line of ours for an error of CLI11's.
[[noreturn]] void refuse(const Parser& parser, const std::vector<std::string>& own,
                         const CLI::ParseError& error) {
  const std::string help = fmt::format("see `cenote{} --help`", subcommand_of(parser));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr)
    throw Failure(fmt::format("{}; {}", error.what(), help));
  const auto extras = parser.app.remaining(true);
  const std::string word = extras.empty() ? std::string() : extras.front();
  if (word.starts_with('-')) throw Failure(fmt::format("unknown option '{}'; {}", word, help));
  if (!own.empty() && word == own.front()) throw Failure(fmt::format("unknown command '{}'; {}", word, help));
  const char* const where = *parser.run || *parser.compare ? "the program to run follows `--`; " : "";
  throw Failure(fmt::format("'{}' was not expected; {}{}", word, where, help));
}

void need_command(const Command& command, std::string_view subcommand) {
  if (!command.empty() && !command.front().empty()) return;
  throw Failure(fmt::format(
      "no program to run; write `cenote {0} [options] -- CMD...`, see `cenote {0} --help`", subcommand));
}

/// Whether it can only be meant as a file: a program's name has no folder, and does not end as a profile's
/// does.
bool is_path(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.ends_with(".pb") || text.ends_with(".gz");
}

pid_t parse_process(const std::string& text, std::string_view subcommand) {
  if (text.empty())
    throw Failure(
        fmt::format("no process; write `cenote {} PID`, where `pgrep NAME` prints PID", subcommand));
  pid_t process = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, process);
  if (error == std::errc{} && end == last && process >= 1) return process;
  if (is_path(text))
    throw Failure(
        fmt::format("'{0}' is not the number of a process; `cenote flame {0}` shows a saved profile", text));
  const bool is_name = std::isalpha(static_cast<unsigned char>(text.front())) != 0;
  throw Failure(fmt::format("'{}' is not the number of a process; `pgrep {}` prints those of programs", text,
                            is_name ? text : "NAME"));
}

void refuse_command(const Command& command, std::string_view subcommand) {
  if (!command.empty())
    throw Failure(fmt::format("cenote {0} runs no program; see `cenote {0} --help`", subcommand));
}

StatsOptions take_stats(const Parser& parser, const Command& command) {
  refuse_command(command, "stats");
  StatsOptions options{.process = parse_process(parser.process, "stats")};
  if (parser.as_json) options.format = StatsFormat::json;
  if (parser.as_openmetrics) options.format = StatsFormat::openmetrics;
  return options;
}

ProfileOptions take_profile(Parser& parser, const Command& command) {
  refuse_command(command, "profile");
  parser.profile_options.process = parse_process(parser.process, "profile");
  return std::move(parser.profile_options);
}

double parse_interval(const std::string& text) {
  double seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (error == std::errc{} && end == last && seconds >= kTopIntervalMin && seconds <= kTopIntervalMax)
    return seconds;
  throw Failure(
      fmt::format("--interval '{}': it is {} to {} seconds", text, kTopIntervalMin, kTopIntervalMax));
}

TopOptions take_top(const Parser& parser, const Command& command) {
  refuse_command(command, "top");
  TopOptions options;
  if (parser.top->count("PID") > 0) options.process = parse_process(parser.process, "top");
  if (parser.top->count("--interval") > 0) options.interval_s = parse_interval(parser.interval);
  return options;
}

int parse_port(const std::string& text) {
  constexpr int kPortMax = 65'535;
  int port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, port);
  if (error != std::errc{} || end != last || port < 0 || port > kPortMax)
    throw Failure(fmt::format("--port '{}': a port is 1 to {}, or 0 for any that is free", text, kPortMax));
  return port;
}

ServeOptions take_serve(Parser& parser, const Command& command) {
  refuse_command(command, "serve");
  ServeOptions& options = parser.serve_options;
  if (parser.serve->count("--port") > 0) options.port = parse_port(parser.port);
  for (const std::string& process : parser.processes)
    options.processes.push_back(parse_process(process, "serve"));
  return std::move(options);
}

FlameOptions take_flame(Parser& parser, const Command& command) {
  refuse_command(command, "flame");
  FlameOptions& options = parser.flame_options;
  if (options.profile_file.empty())
    throw Failure(
        "no profile; write `cenote flame FILE`, where `cenote run --profile FILE -- CMD` made FILE");
  if (options.page_file.empty()) options.page_file = options.profile_file + ".html";
  return std::move(options);
}

RunOptions take_run(Parser& parser, Command command) {
  need_command(command, "run");
  RunOptions& options = parser.run_options;
  if (options.profile_file == kStdout)
    throw Failure("--profile '-': standard output is the program's own; name a file");
  if (options.report_folder == kStdout) throw Failure("--report '-': a report is a folder; name one");
  options.command = std::move(command);
  return std::move(options);
}

Options take(Parser& parser, Command command) {
  if (*parser.flame) return take_flame(parser, command);
  if (*parser.serve) return take_serve(parser, command);
  if (*parser.stats) return take_stats(parser, command);
  if (*parser.profile) return take_profile(parser, command);
  if (*parser.top) return take_top(parser, command);
  if (*parser.run) return take_run(parser, std::move(command));
  if (!*parser.compare) throw Failure("no command; see `cenote --help`");
  need_command(command, "compare");
  CompareOptions& options = parser.compare_options;
  if (options.json_file == kStdout && options.html_file == kStdout)
    throw Failure("only one of --json and --html can be `-`, standard output");
  options.command = std::move(command);
  if (parser.compare->count("-n") > 0) options.rounds = parse_rounds(parser.rounds);
  for (const std::string& text : parser.with) options.with.push_back(parse_named_library(text));
  refuse_twins(options.with);
  return std::move(options);
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  auto [own, command] = split(words);
  Parser parser;
  try {
    parser.app.parse(std::vector<std::string>(own.rbegin(), own.rend()));  // CLI11 takes them last first
  } catch (const CLI::CallForVersion&) {
    return ShowText{std::string(version_text()) + "\n"};
  } catch (const CLI::CallForHelp&) {
    return ShowText{parser.app.help()};
  } catch (const CLI::ParseError& error) {
    refuse(parser, own, error);
  }
  return take(parser, std::move(command));
}

}  // namespace cenote::cli
