/// A snapshot of 1,000 named pools: taken by the process itself, and read from its memory by another.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include <benchmark/benchmark.h>

#include <cenote/block_pool.hpp>
#include <cenote/stats.hpp>

#include "cli/inspect/remote_process.hpp"

namespace {

std::vector<cenote::BlockPool<cenote::Locked>> named_pools() {
  std::vector<cenote::BlockPool<cenote::Locked>> pools;
  for (int i = 0; i < 1000; ++i)
    pools.emplace_back(cenote::PoolOptions{.block_size = 64, .capacity = 10, .name = "snapshot bench"});
  return pools;
}

void in_process(benchmark::State& state) {
  const auto pools = named_pools();
  for (auto _ : state) benchmark::DoNotOptimize(cenote::stats::snapshot());
}
BENCHMARK(in_process)->Unit(benchmark::kMillisecond);

void of_another_process(benchmark::State& state) {
  const auto pools = named_pools();
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  {
    cenote::cli::RemoteProcess process{child};
    for (auto _ : state) benchmark::DoNotOptimize(process.snapshot());
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}
BENCHMARK(of_another_process)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
