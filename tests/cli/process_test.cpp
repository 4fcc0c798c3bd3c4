#include <csignal>

#include <gtest/gtest.h>

#include "cli/failure.hpp"
#include "cli/library/library_check.hpp"
#include "cli/library/preloadability.hpp"
#include "cli/process/measured_run.hpp"
#include "cli/process/process_tree.hpp"
#include "cli/process/resident_series.hpp"
#include "cli/process/temporary.hpp"
#include "cli/report/output_file.hpp"

namespace cenote::cli {
namespace {

RunResult run(Command command) {
  const TemporaryFile output;
  const SignalGate signals;
  return measured_run({std::move(command), Environment::current(), -1, output.descriptor()}, signals,
                      Leftovers::end_all);
}

TEST(MeasuredRun, TellsHowTheProgramEnded) {
  EXPECT_EQ(run({"true"}).exit.code(), 0);
  EXPECT_EQ(run({"sh", "-c", "exit 3"}).exit.code(), 3);
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).exit.code(), 128 + SIGKILL);
}

// Two processes that hold 32 MB each: the kernel's peak of the largest begins at what this process has when
// it forks, which is less.
TEST(MeasuredRun, AddsUpAllProcesses) {
  const std::string holds = "head -c 32000000 /dev/zero | tail -c 32000000 | (sleep 0.3; wc -c)";
  const Measurement whole = run({"sh", "-c", "{ " + holds + "; } & " + holds + "; wait"}).measurement;
  EXPECT_GE(whole.wall_s, 0.3);
  EXPECT_GT(whole.cpu_s, 0);
  EXPECT_GE(whole.processes_seen, 3U);
  EXPECT_GT(whole.tree_peak_bytes, whole.largest_process_bytes);
  EXPECT_GT(whole.page_faults(), 0U);
  EXPECT_GT(whole.resident.size(), 3U);
}

TEST(MeasuredRun, EndsWhatTheProgramLeavesRunning) {
  const RunResult result = run({"sh", "-c", "(sleep 60; true) >/dev/null 2>&1 &"});
  EXPECT_LT(result.measurement.wall_s, 60);
  EXPECT_TRUE(descendants(::getpid()).empty());
}

TEST(Start, SaysWhyAProgramCannotRun) {
  const auto status = [](const char* program) {
    try {
      run({program});
    } catch (const Failure& failure) {
      return failure.status();
    }
    return 0;
  };
  EXPECT_EQ(status("no-such-program"), kExitNotFound);
  EXPECT_EQ(status("/no/such/program"), kExitNotFound);
  EXPECT_EQ(status("/etc/passwd"), kExitNotExecutable);
  EXPECT_EQ(status("/"), kExitNotExecutable);
}

TEST(ResidentSeries, KeepsThePeaksOfALongRunInBoundedSpace) {
  ResidentSeries series;
  constexpr int kMany = 10'000;
  for (int i = 0; i < kMany; ++i) series.add({i * 0.01, i == 7777 ? 1'000'000U : 10U});
  EXPECT_LE(series.samples().size(), ResidentSeries::kSamplesMax);
  EXPECT_EQ(series.peak_bytes(), 1'000'000U);
  EXPECT_EQ(std::ranges::count(series.samples(), 1'000'000U, &ResidentSample::bytes), 1);
  EXPECT_TRUE(std::ranges::is_sorted(series.samples(), {}, &ResidentSample::seconds));
}

TEST(PreloadRefusal, IsFoundInTheLinkersWarning) {
  constexpr const char* kWarning =
      "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded (invalid ELF header): ignored.\n";
  EXPECT_EQ(preload_refusal(kWarning, "/x.so"), "invalid ELF header");
  EXPECT_EQ(preload_refusal(kWarning, "/y.so"), "");
  EXPECT_EQ(preload_refusal("", "/x.so"), "");
}

TEST(Preloadability, IsOfProgramsThatNameADynamicLinker) {
  EXPECT_EQ(why_not_preloadable("true"), std::nullopt);
  EXPECT_EQ(why_not_preloadable("no-such-program"), std::nullopt);
  EXPECT_EQ(why_not_preloadable("/etc/passwd"), std::nullopt);
  const std::string linker = "/lib64/ld-linux-x86-64.so.2";  // the one program at hand that needs none
  if (::access(linker.c_str(), X_OK) != 0) GTEST_SKIP() << linker << " is not on this machine";
  EXPECT_EQ(why_not_preloadable(linker), "is linked statically");
}

TEST(OutputFile, LeavesNoTraceWithoutACommit) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/new";
  { const OutputFile file(path, "--html"); }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  { OutputFile(path, "--html").commit("long text"); }
  { const OutputFile untouched(path, "--html"); }
  { OutputFile(path, "--html").commit("short"); }
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  EXPECT_THROW(OutputFile(folder.path(), "--html"), Failure);
  EXPECT_THROW(OutputFile(folder.path() + "/none/x", "--html"), Failure);
}

}  // namespace
}  // namespace cenote::cli
