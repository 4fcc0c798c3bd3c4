/// Carries out the runs of a comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../measure/comparison.hpp"
#include "../measure/plan.hpp"
#include "../process/measured_run.hpp"
#include "../process/temporary.hpp"
#include "../sizes/size_counts.hpp"
#include "progress.hpp"
#include "rewound_input.hpp"

namespace cenote::cli {

/// Why a comparison ended early: lines for stderr, and the exit status.
struct Stopped {
  std::string message;
  int status;
};

/// Runs the program under each allocator as planned and adds the measurements to the comparison. What the
/// program prints goes to a temporary file.
class Comparing {
 public:
  /// With `record_sizes` one run more, under cenote, records the sizes asked for. Keeps references to both
  /// arguments.
  Comparing(Comparison& comparison, const SignalGate& signals, bool record_sizes);

  /// All runs. Nothing when they came through, else why not. Throws Failure when the program cannot be
  /// started.
  std::optional<Stopped> run_all();
  /// The recorded sizes; none when cenote's library does not record.
  [[nodiscard]] const std::optional<SizeCounts>& sizes() const noexcept { return sizes_; }

 private:
  std::optional<Stopped> run_planned(const PlannedRun& run, Progress& progress);
  std::optional<Stopped> record_sizes(Progress& progress);
  RunResult run_once(Environment environment);
  [[nodiscard]] Environment environment_of(const AllocatorRuns& allocator) const;
  [[nodiscard]] std::optional<Stopped> check(const RunResult& result, const std::string& allocator,
                                             const std::string& which) const;

  Comparison& comparison_;
  const SignalGate& signals_;
  bool record_sizes_;
  Environment base_;  // without any of the compared libraries
  TemporaryFile output_;
  RewoundInput input_;
  std::optional<SizeCounts> sizes_;
};

}  // namespace cenote::cli
