// What it costs that objects may be moved, beside objects that may not; and what a compaction costs and gives. One object of JSON a line.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include <cenote/fixed/fixed_pool.hpp>
#include <cenote/movable/movable_pool.hpp>

#include "pool_under_test.hpp"

namespace cenote {
namespace {

constexpr int kRounds = 9;

/// Of processor time: machines are shared.
template <class Work>
double nanoseconds(Work work) {
  const std::clock_t start = std::clock();
  work();
  return 1e9 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::array<double, kRounds>& samples) {
  std::sort(samples.begin(), samples.end());
  return samples[kRounds / 2];
}

// --- peers: make() gives what owns an object; read() goes through it ----------------------------------------------------------------

struct Movable {
  explicit Movable(std::size_t objects) : pool{{.capacity = objects}} {}
  auto make() { return pool.make(); }
  static std::uint64_t read(const MovableHandle<Block64>& handle) { return handle.pin()->words[0]; }
  MovablePool<Block64> pool;
};

template <class Sync>
struct Fixed {
  explicit Fixed(std::size_t objects) : pool{{.capacity = objects}} {}
  auto make() { return pool.make(); }
  static std::uint64_t read(const typename FixedPool<Block64, Sync>::Handle& handle) {
    return handle->words[0];
  }
  FixedPool<Block64, Sync> pool;
};

struct Unique {
  explicit Unique(std::size_t) {}
  static auto make() { return std::make_unique<Block64>(); }
  static std::uint64_t read(const std::unique_ptr<Block64>& object) { return object->words[0]; }
};

template <class Peer>
double read_ns(std::size_t objects) {
  Peer peer{objects};
  std::vector<decltype(peer.make())> owners(objects);
  for (auto& owner : owners) owner = peer.make();
  std::shuffle(owners.begin(), owners.end(), std::mt19937{1});
  const std::size_t passes = std::max<std::size_t>(1, (std::size_t{1} << 20) / objects);
  std::array<double, kRounds> samples;
  for (double& sample : samples) {
    std::uint64_t sum = 0;
    sample = nanoseconds([&] {
               for (std::size_t pass = 0; pass < passes; ++pass) {
                 for (const auto& owner : owners) {
                   sum += peer.read(owner);
                   benchmark::ClobberMemory();
                 }
               }
             }) /
             static_cast<double>(passes * objects);
    benchmark::DoNotOptimize(sum);
  }
  return median(samples);
}

// So many live; one by chance is replaced.
template <class Peer>
double churn_ns(std::size_t objects) {
  constexpr int kReplaced = 1 << 19;
  Peer peer{objects + 1};
  std::vector<decltype(peer.make())> owners(objects);
  for (auto& owner : owners) owner = peer.make();
  std::array<double, kRounds> samples;
  for (double& sample : samples) {
    std::minstd_rand random{7};
    sample = nanoseconds([&] {
               for (int i = 0; i < kReplaced; ++i) {
                 owners[random() % objects] = peer.make();
                 benchmark::ClobberMemory();
               }
             }) /
             kReplaced;
  }
  return median(samples);
}

void compare(std::size_t objects) {
  std::printf(
      R"({"objects": %zu, "read": {"MovablePool": %.2f, "FixedPool": %.2f, "unique_ptr": %.2f}, )"
      R"("replace": {"MovablePool": %.1f, "FixedPool Locked": %.1f, "FixedPool LockFree": %.1f, "unique_ptr": %.1f}})"
      "\n",
      objects, read_ns<Movable>(objects), read_ns<Fixed<Locked>>(objects), read_ns<Unique>(objects),
      churn_ns<Movable>(objects), churn_ns<Fixed<Locked>>(objects), churn_ns<Fixed<LockFree>>(objects),
      churn_ns<Unique>(objects));
}

// --- relocation -----------------------------------------------------------------------------------------------------------------------

/// Owns nothing, but the compiler must call its constructor.
struct Constructed : Block64 {
  Constructed() = default;
  Constructed(Constructed&& other) noexcept : Block64{other} {}
};

template <class T>
void relocate(const char* moved_by) {
  constexpr std::size_t kObjects = 1'000'000;
  std::array<double, kRounds> samples;
  MovableStats before, after;
  CompactionReport report;
  for (double& sample : samples) {
    MovablePool<T> pool{{.capacity_max = kObjects}};
    std::vector<MovableHandle<T>> handles(kObjects);
    for (auto& handle : handles) handle = pool.make();
    std::shuffle(handles.begin(), handles.end(), std::mt19937{3});
    handles.resize(kObjects / 10);
    before = pool.stats();
    sample = nanoseconds([&] { report = pool.compact(CompactBudget{}); }) / static_cast<double>(report.moved);
    after = pool.stats();
  }
  std::printf(
      R"({"relocation": "%s", "objects": %zu, "bytes": %zu, "moved": %zu, "ns_a_move": %.1f, "given_back_mib": %.1f, )"
      R"("committed_before_mib": %.1f, "committed_after_mib": %.1f, "fragmentation_before": %.3f, "fragmentation_after": %.3f})"
      "\n",
      moved_by, after.objects, sizeof(T), report.moved, median(samples),
      static_cast<double>(report.bytes_given_back) / (1 << 20),
      static_cast<double>(before.bytes_committed) / (1 << 20),
      static_cast<double>(after.bytes_committed) / (1 << 20), before.fragmentation, after.fragmentation);
}

}  // namespace
}  // namespace cenote

int main() {
  for (const std::size_t objects : {std::size_t{1} << 10, std::size_t{1} << 16, std::size_t{1} << 20})
    cenote::compare(objects);
  cenote::relocate<cenote::Block64>("memcpy");
  cenote::relocate<cenote::Constructed>("move constructor");
}
