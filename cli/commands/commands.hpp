/// The program's subcommands. Each returns the exit status, or throws Failure.
#pragma once

#include "../options/options.hpp"

namespace cenote::cli {

/// Runs CMD with its malloc replaced; a table on stderr, and a page where asked. Returns CMD's own status.
int run_command(const RunOptions& options);

/// Runs CMD under each allocator in turn; tables, JSON and a page. Returns 0, or the status of a run that
/// failed.
int compare_command(const CompareOptions& options);

/// What the pools of a running process hold, on stdout.
int stats_command(const StatsOptions& options);

/// The heap profile of a running process: a list on stdout, or a file.
int profile_command(const ProfileOptions& options);

/// What the pools of running processes hold, in the terminal, again and again, until the user leaves.
int top_command(const TopOptions& options);

/// Serves the live page until it is asked to stop. Returns 0.
int serve_command(const ServeOptions& options);

/// Writes a heap profile as a page. Returns 0.
int flame_command(const FlameOptions& options);

}  // namespace cenote::cli
