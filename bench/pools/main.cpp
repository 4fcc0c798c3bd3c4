// Pools of equal blocks and allocators for containers, case by case, every peer in this one process.
//
//   pools [--work=SHARE] [options of Google Benchmark]     SHARE of the usual work in each run

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "registration.hpp"

namespace {

/// Takes --work=SHARE out of the arguments.
cenote::Effort take_effort(int& argc, char** argv) {
  constexpr std::string_view kOption = "--work=";
  cenote::Effort effort;
  char** const end = std::remove_if(argv, argv + argc, [&](const char* argument) {
    if (!std::string_view{argument}.starts_with(kOption)) return false;
    effort.share = std::atof(argument + kOption.size());
    return true;
  });
  argc = static_cast<int>(end - argv);
  return effort;
}

}  // namespace

int main(int argc, char** argv) {
  const cenote::Effort effort = take_effort(argc, argv);
  if (!(effort.share > 0)) {
    std::fprintf(stderr, "pools: --work must be above 0\n");
    return 2;
  }
  cenote::Registration::enter_all(effort);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
