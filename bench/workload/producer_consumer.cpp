// Two threads allocate and write messages, two others read and free them: every free is of another thread's
// block. After xmalloc-test (Lever & Boreham, "malloc() Performance in a Multithreaded Linux Environment",
// USENIX 2000).

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "support/bounded_queue.hpp"
#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr int kPairs = 2;
constexpr int kBatches = 50'000;
constexpr std::size_t kBatch = 120;

struct Message {
  std::uint64_t number;
  std::uint32_t size;  // header and text

  /// The text, which follows the header in the same block.
  unsigned char* body() { return reinterpret_cast<unsigned char*>(this + 1); }
};
using Batch = std::vector<Message*>;

Message* write_message(Random& random) {
  const std::size_t size =
      sizeof(Message) + 1 + (random.chance(90) ? random.below(200) : random.below(2'000));
  auto* message = static_cast<Message*>(std::malloc(size));
  if (message == nullptr) std::abort();
  message->number = random.next();
  message->size = static_cast<std::uint32_t>(size);
  std::memset(message->body(), static_cast<int>(size & 0xFF), size - sizeof(Message));
  return message;
}

std::uint64_t read_message(Message* message) {
  const std::uint64_t sum = message->number + message->body()[message->size - sizeof(Message) - 1];
  std::free(message);
  return sum;
}

void produce(std::uint64_t seed, BoundedQueue<Batch>& queue) {
  Random random(seed);
  for (int i = 0; i < kBatches; ++i) {
    Batch batch;
    while (batch.size() < kBatch) batch.push_back(write_message(random));
    queue.push(std::move(batch));
  }
}

std::uint64_t consume(BoundedQueue<Batch>& queue) {
  std::uint64_t sum = 0;
  for (Batch batch; queue.pop(batch);) {
    for (Message* message : batch) sum += read_message(message);
  }
  return sum;
}

std::uint64_t run() {
  BoundedQueue<Batch> queue(600);
  std::array<std::uint64_t, kPairs> sums{};
  std::vector<std::thread> producers, consumers;
  for (std::size_t i = 0; i < kPairs; ++i) {
    producers.emplace_back([&, i] { produce(i, queue); });
    consumers.emplace_back([&, i] { sums[i] = consume(queue); });
  }
  for (std::thread& producer : producers) producer.join();
  queue.close();
  for (std::thread& consumer : consumers) consumer.join();
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

}  // namespace
}  // namespace cenote

int main() { cenote::report_checksum(cenote::run()); }
