// A server of long sessions: each thread replaces random blocks of its set, and after some rounds hands the
// whole set to a new thread and ends, so that blocks outlive the threads that made them. After Larson &
// Krishnan, "Memory Allocation for Long-Running Server Applications", ISMM 1998.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kSessions = 3;
constexpr std::size_t kBlocks = 40'000;
constexpr int kGenerations = 40;
constexpr int kReplacements = 50'000;

struct Block {
  unsigned char* bytes = nullptr;
  std::size_t size = 0;
};

struct Session {
  explicit Session(std::uint64_t seed) : random(seed), blocks(kBlocks) {
    for (Block& block : blocks) fill(block);
  }
  ~Session() {
    for (Block& block : blocks) std::free(block.bytes);
  }

  void fill(Block& block) {
    block.size = random.chance(95) ? random.between(16, 400) : random.between(400, 4'000);
    block.bytes = static_cast<unsigned char*>(std::malloc(block.size));
    if (block.bytes == nullptr) std::abort();
    std::memset(block.bytes, static_cast<int>(block.size & 0xFF), block.size);
  }

  void replace_some() {
    for (int i = 0; i < kReplacements; ++i) {
      Block& block = blocks[random.below(kBlocks)];
      checksum.add(block.bytes[block.size / 2] + block.size);
      std::free(block.bytes);
      fill(block);
    }
  }

  Random random;
  std::vector<Block> blocks;
  Checksum checksum;
};

std::uint64_t serve() {
  std::array<Session, kSessions> sessions{Session(1), Session(2), Session(3)};
  for (int generation = 0; generation < kGenerations; ++generation) {
    std::vector<std::thread> threads;
    for (Session& session : sessions) threads.emplace_back([&session] { session.replace_some(); });
    for (std::thread& thread : threads) thread.join();
  }
  std::uint64_t sum = 0;
  for (const Session& session : sessions) sum += session.checksum.value();
  return sum;
}

}  // namespace
}  // namespace cenote

int main() { cenote::report_checksum(cenote::serve()); }
