// 400 MB of 256 B blocks, of which one in each 128 survives, 3 MB in all. How much stays in memory after
// that, while the program goes on with a little work for two seconds?

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kBlock = 256;
constexpr std::size_t kGroup = 128;
constexpr std::size_t kBlocks = 400'000'000 / kBlock / kGroup * kGroup;

void* make_block() {
  void* block = std::malloc(kBlock);
  if (block == nullptr) std::abort();
  return std::memset(block, 0x5A, kBlock);
}

/// Frees all but one of each group; returns the survivors.
std::vector<void*> thin_out(const std::vector<void*>& blocks) {
  Random random(128);
  std::vector<void*> survivors;
  for (std::size_t group = 0; group < blocks.size(); group += kGroup) {
    const std::size_t survivor = group + random.below(kGroup);
    survivors.push_back(blocks[survivor]);
    for (std::size_t i = group; i < group + kGroup; ++i) {
      if (i != survivor) std::free(blocks[i]);
    }
  }
  return survivors;
}

void work_a_little() {
  for (int i = 0; i < 200; ++i) {
    for (int k = 0; k < 50; ++k) std::free(make_block());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void run() {
  std::vector<void*> blocks(kBlocks);
  for (void*& block : blocks) block = make_block();
  std::vector<void*> survivors = thin_out(blocks);
  blocks = {};
  work_a_little();
  report_figure("resident_bytes", resident_bytes());
  Checksum checksum;
  for (void* survivor : survivors) {
    checksum.add(static_cast<const unsigned char*>(survivor)[kBlock - 1]);
    std::free(survivor);
  }
  report_checksum(checksum.value());
}

}  // namespace
}  // namespace cenote

int main() { cenote::run(); }
