// Thousands of short threads. Each builds a few hundred blocks, frees most of them, hands the rest to a
// common mailbox and takes over what an earlier, now ended thread has left there, which it reads and frees.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::uint64_t kThreads = 4'500;
constexpr std::size_t kAtOnce = 3;
constexpr std::size_t kBlocks = 1'000;
constexpr std::size_t kParcelsMax = 1'000;

struct Block {
  unsigned char* bytes;
  std::size_t size;
};
using Parcel = std::vector<Block>;

Block make(Random& random) {
  const std::size_t size = random.skewed_size(8'000);
  auto* bytes = static_cast<unsigned char*>(std::malloc(size));
  if (bytes == nullptr) std::abort();
  std::memset(bytes, static_cast<int>(size & 0xFF), size);
  return {bytes, size};
}

/// The sum of what the block holds; frees it.
std::uint64_t consume(Block block) {
  const std::uint64_t sum = block.bytes[0] + block.bytes[block.size - 1] + block.size;
  std::free(block.bytes);
  return sum;
}

class Mailbox {
 public:
  /// Leaves a parcel; returns an earlier one once enough are there, else an empty one.
  Parcel swap(Parcel parcel, Random& random) {
    const std::lock_guard lock(mutex_);
    parcels_.push_back(std::move(parcel));
    if (parcels_.size() < kParcelsMax) return {};
    std::swap(parcels_[random.below(parcels_.size())], parcels_.back());
    Parcel taken = std::move(parcels_.back());
    parcels_.pop_back();
    return taken;
  }

  std::vector<Parcel> empty() { return std::move(parcels_); }

 private:
  std::mutex mutex_;
  std::vector<Parcel> parcels_;  // under mutex_
};

std::uint64_t live_a_short_life(std::uint64_t seed, Mailbox& mailbox) {
  Random random(seed);
  Parcel own, left;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    (random.chance(20) ? left : own).push_back(make(random));
    if (own.size() > 64) {
      std::swap(own[random.below(own.size())], own.back());
      sum += consume(own.back());
      own.pop_back();
    }
  }
  for (const Block block : own) sum += consume(block);
  for (const Block block : mailbox.swap(std::move(left), random)) sum += consume(block);
  return sum;
}

std::uint64_t churn() {
  Mailbox mailbox;
  std::uint64_t sum = 0;
  for (std::uint64_t first = 0; first < kThreads; first += kAtOnce) {
    std::uint64_t sums[kAtOnce] = {};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&, i] { sums[i] = live_a_short_life(first + i, mailbox); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::uint64_t part : sums) sum += part;
  }
  for (const Parcel& parcel : mailbox.empty()) {
    for (const Block block : parcel) sum += consume(block);
  }
  return sum;
}

}  // namespace
}  // namespace cenote

int main() { cenote::report_checksum(cenote::churn()); }
