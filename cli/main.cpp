#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "commands/commands.hpp"
#include "failure.hpp"
#include "options/parse_options.hpp"

namespace {

/// Calls the command that the options are of.
struct Dispatch {
  int operator()(const cenote::cli::ShowText& text) const {
    return std::fputs(text.text.c_str(), stdout) < 0;
  }
  int operator()(const cenote::cli::RunOptions& options) const { return cenote::cli::run_command(options); }
  int operator()(const cenote::cli::CompareOptions& options) const {
    return cenote::cli::compare_command(options);
  }
  int operator()(const cenote::cli::StatsOptions& options) const {
    return cenote::cli::stats_command(options);
  }
  int operator()(const cenote::cli::ProfileOptions& options) const {
    return cenote::cli::profile_command(options);
  }
  int operator()(const cenote::cli::TopOptions& options) const { return cenote::cli::top_command(options); }
  int operator()(const cenote::cli::ServeOptions& options) const {
    return cenote::cli::serve_command(options);
  }
  int operator()(const cenote::cli::FlameOptions& options) const {
    return cenote::cli::flame_command(options);
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    return std::visit(Dispatch{}, cenote::cli::parse_options({argv + 1, argv + argc}));
  } catch (const cenote::cli::Failure& failure) {
    std::fprintf(stderr, "cenote: %s\n", failure.what());
    return failure.status();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cenote: %s\n", error.what());
    return 1;
  }
}
