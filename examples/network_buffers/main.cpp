// Packets pass from a receiving thread to a working thread without a copy: one takes 2 KiB blocks from the
// pool and fills them, the other checks them and gives them back. The pool has just as many blocks as can be
// under way: that many in the ring and one in each thread's hands. Although each thread also keeps a small
// stock of free blocks, the receiver is never told that the pool is exhausted.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <cenote/cenote.hpp>

#include "hand_over.hpp"

namespace {

constexpr std::size_t kPacketBytes = 2048;
constexpr std::uint32_t kPackets = 500'000, kUnderWay = 256;

using PacketPool = cenote::BlockPool<cenote::ThreadCached>;
using Ring = network_buffers::HandOver<kUnderWay>;

/// Stands at the start of each packet; `count` words follow.
struct Header {
  std::uint32_t number;
  std::uint32_t count;
  std::uint64_t checksum;
};
constexpr std::size_t kWordsMax = (kPacketBytes - sizeof(Header)) / sizeof(std::uint64_t);

// FNV-1a over words: what arrives in another order has another sum.
std::uint64_t extend(std::uint64_t sum, std::uint64_t word) { return (sum ^ word) * 0x100000001b3; }

/// What the network card would do.
void fill(cenote::Block packet, std::uint32_t number) {
  Header header{number, static_cast<std::uint32_t>(number % (kWordsMax + 1)), number};
  std::byte* at = packet.data() + sizeof(Header);
  for (std::uint32_t i = 0; i < header.count; ++i, at += sizeof(std::uint64_t)) {
    const std::uint64_t word = (std::uint64_t{number} << 32 | i) * 0x9e3779b97f4a7c15;
    std::memcpy(at, &word, sizeof word);
    header.checksum = extend(header.checksum, word);
  }
  std::memcpy(packet.data(), &header, sizeof header);
}

bool is_whole(cenote::Block packet, std::uint32_t number) {
  Header header{};
  std::memcpy(&header, packet.data(), sizeof header);
  if (header.number != number || header.count > kWordsMax) return false;
  std::uint64_t sum = number;
  const std::byte* at = packet.data() + sizeof(Header);
  for (std::uint32_t i = 0; i < header.count; ++i, at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    sum = extend(sum, word);
  }
  return sum == header.checksum;
}

void receive(PacketPool& packets, Ring& ring) {
  for (std::uint32_t number = 0; number < kPackets; ++number) {
    const cenote::Block packet = packets.allocate();  // would throw, and so end the program, were there none
    fill(packet, number);
    ring.give(packet);
  }
}

std::uint32_t work(PacketPool& packets, Ring& ring) {
  std::uint32_t damaged = 0;
  for (std::uint32_t number = 0; number < kPackets; ++number) {
    const cenote::Block packet = ring.take();
    damaged += is_whole(packet, number) ? 0 : 1;
    packets.deallocate(packet);
  }
  return damaged;
}

}  // namespace

int main() {
  PacketPool packets{{.block_size = kPacketBytes,
                      .capacity = kUnderWay + 2,
                      .alignment = cenote::cache_line,
                      .name = "packets"}};
  Ring ring;

  const auto start = std::chrono::steady_clock::now();
  std::thread receiver{[&] { receive(packets, ring); }};
  const std::uint32_t damaged = work(packets, ring);
  receiver.join();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;

  const cenote::PoolStats stats = packets.stats();
  std::printf("%u packets in %.0f ms: %.2f million a second, none of them copied\n", kPackets,
              time.count() * 1e3, kPackets / time.count() / 1e6);
  std::printf("pool of %zu blocks of %zu bytes: %llu allocations, %llu failures; %zu in use\n",
              stats.capacity, stats.block_size, static_cast<unsigned long long>(stats.allocations),
              static_cast<unsigned long long>(stats.failures), stats.in_use);
  const bool right =
      damaged == 0 && stats.allocations == kPackets && stats.failures == 0 && stats.in_use == 0;
  std::printf(right ? "every packet arrived whole and in order\n" : "WRONG: %u packets damaged\n", damaged);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
