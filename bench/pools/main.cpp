// Pools of equal blocks and allocators for containers, case by case, every peer in this one process.
//
//   pools [--work=SHARE] [options of Google Benchmark]     SHARE of the usual work in each run

#include "effort.hpp"
#include "registration.hpp"

int main(int argc, char** argv) {
  const cenote::Effort effort = cenote::take_effort(argc, argv);
  cenote::Registration::enter_all(effort);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
