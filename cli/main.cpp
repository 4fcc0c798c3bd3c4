#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "commands/commands.hpp"
#include "failure.hpp"
#include "options/parse_options.hpp"
#include "text/quoting.hpp"

namespace {

/// Calls the command that the options are of.
struct Dispatch {
  int operator()(const cenote::cli::ShowText& text) const {
    std::fputs(text.text.c_str(), stdout);
    return 0;
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

/// What was printed may still be in a buffer, and the disk full.
void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw cenote::cli::Failure(std::string("cannot write to standard output: ") + std::strerror(errno), 1);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = std::visit(Dispatch{}, cenote::cli::parse_options({argv + 1, argv + argc}));
    flush_output();
    return status;
  } catch (const cenote::cli::Failure& failure) {
    std::fprintf(stderr, "cenote: %s\n", cenote::cli::printable_lines(failure.what()).c_str());
    return failure.status();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cenote: %s\n", cenote::cli::printable_lines(error.what()).c_str());
    return 1;
  }
}
