#include "comparing.hpp"

#include <fmt/format.h>

#include "../failure.hpp"
#include "../sizes/size_recording.hpp"
#include "../text/quoting.hpp"
#include "last_lines.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kTailBytes = 16 * 1024;
constexpr std::size_t kTailLines = 10;
constexpr std::size_t kCommandColumns = 70;

std::string run_name(int round, int rounds) {
  return round == 0 ? "warm-up" : fmt::format("run {} of {}", round, rounds);
}

std::vector<std::string> libraries_of(const Comparison& comparison) {
  std::vector<std::string> libraries{"libcenote-malloc.so"};
  for (const AllocatorRuns& allocator : comparison.allocators) {
    if (!allocator.library.empty()) libraries.push_back(allocator.library);
  }
  return libraries;
}

}  // namespace

Comparing::Comparing(Comparison& comparison, const SignalGate& signals, bool record_sizes)
    : comparison_(comparison),
      signals_(signals),
      record_sizes_(record_sizes),
      base_(without_preloads(Environment::current(), libraries_of(comparison))) {}

std::optional<Stopped> Comparing::run_all() {
  const auto plan = plan_runs(comparison_.allocators.size(), comparison_.rounds);
  Progress progress(plan.size() + (record_sizes_ ? 1 : 0));
  for (const PlannedRun& run : plan) {
    if (auto stopped = run_planned(run, progress)) return stopped;
  }
  return record_sizes_ ? record_sizes(progress) : std::nullopt;
}

std::optional<Stopped> Comparing::run_planned(const PlannedRun& run, Progress& progress) {
  AllocatorRuns& allocator = comparison_.allocators[run.allocator];
  const std::string which = run_name(run.round, comparison_.rounds);
  progress.begin(fmt::format("{}, {}", allocator.name, which));
  RunResult result = run_once(environment_of(allocator));
  auto stopped = check(result, allocator.name, which);
  if (!stopped && run.round > 0) allocator.runs.push_back(std::move(result.measurement));
  return stopped;
}

std::optional<Stopped> Comparing::record_sizes(Progress& progress) {
  const SizeRecording recording;
  const AllocatorRuns& allocator = comparison_.allocators[1];
  progress.begin("cenote, recording sizes");
  const RunResult result = run_once(recording.applied_to(environment_of(allocator)));
  sizes_ = recording.counts();
  return check(result, allocator.name, "recording sizes");
}

Environment Comparing::environment_of(const AllocatorRuns& allocator) const {
  return allocator.library.empty() ? base_ : with_preload(base_, allocator.library);
}

RunResult Comparing::run_once(Environment environment) {
  if (const auto signal = signals_.pending_stop()) throw Failure("interrupted", kExitSignalled + *signal);
  output_.clear();
  input_.rewind();
  // What the program leaves running would disturb the next run.
  return measured_run(
      {comparison_.command, std::move(environment), input_.descriptor(), output_.descriptor()}, signals_,
      Leftovers::end_all);
}

std::optional<Stopped> Comparing::check(const RunResult& result, const std::string& allocator,
                                        const std::string& which) const {
  if (result.interrupted) return Stopped{"cenote: interrupted\n", kExitSignalled + *result.interrupted};
  if (result.exit.success()) return std::nullopt;
  const std::string lines = last_lines(output_.tail(kTailBytes), kTailLines);
  const std::string said = lines.empty() ? "; it printed nothing\n" : "; its last lines were\n" + lines;
  return Stopped{fmt::format("cenote: '{}' failed under {} ({}): {}{}",
                             shorten(printable(shell_quote(comparison_.command)), kCommandColumns), allocator,
                             which, result.exit.description(), said),
                 result.exit.code()};
}

}  // namespace cenote::cli
