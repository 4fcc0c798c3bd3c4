// 360 MB in small and middle-sized blocks, made by two threads, are freed in random order; then the program
// sleeps for four seconds and calls nothing. How much stays in memory?

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::uint64_t kThreads = 2;
constexpr std::size_t kBytes = 360'000'000 / kThreads;

/// Allocates `kBytes` and frees it all; returns the sum of what the blocks held.
std::uint64_t fill_and_free(std::uint64_t seed) {
  Random random(seed);
  std::vector<unsigned char*> blocks;
  std::uint64_t sum = 0;
  for (std::size_t total = 0; total < kBytes;) {
    const std::size_t size = random.chance(97) ? random.between(16, 1'000) : random.between(1'000, 100'000);
    auto* block = static_cast<unsigned char*>(std::malloc(size));
    if (block == nullptr) std::abort();
    std::memset(block, static_cast<int>(size & 0xFF), size);
    blocks.push_back(block);
    total += size;
  }
  for (std::size_t left = blocks.size(); left > 0; --left) {
    std::swap(blocks[random.below(left)], blocks[left - 1]);
    sum += blocks[left - 1][0];
    std::free(blocks[left - 1]);
  }
  return sum;
}

void run() {
  std::uint64_t other_sum = 0;
  std::thread other([&] { other_sum = fill_and_free(1); });
  const std::uint64_t sum = fill_and_free(0);
  other.join();
  std::this_thread::sleep_for(std::chrono::seconds(4));
  report_figure("resident_bytes", resident_bytes());
  report_checksum(sum + other_sum);
}

}  // namespace
}  // namespace cenote

int main() { cenote::run(); }
