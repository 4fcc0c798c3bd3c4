#include "inspect/process_json.hpp"

#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/stats.hpp>

namespace cenote::inspect {
namespace {

// Moments and resident pages differ between two calls.
std::string without_moments(const std::string& json) {
  static const std::regex kMoments{"\"(unix_milliseconds|resident_bytes|other_bytes)\":[0-9]+"};
  return std::regex_replace(json, kMoments, "\"$1\":0");
}

// The text's own memory is not in it: it comes from malloc.
std::string process_json() {
  std::string text(write_process_json({}), '\0');
  text.resize(write_process_json({text.data(), text.size() + 1}));
  return text;
}

TEST(ProcessJson, IsTheSameTextAsThatOfASnapshot) {
  Heap heap{{.name = "json \"heap\""}};
  const BlockPool<Locked> pool{{.block_size = 64, .capacity = 10, .name = "json pool"}};
  heap.deallocate(heap.allocate(100));
  EXPECT_EQ(without_moments(process_json()), without_moments(stats::to_json(stats::snapshot())));
}

TEST(ProcessJson, ListsMorePoolsThanThereIsRoomForAtFirst) {
  std::vector<std::unique_ptr<Heap>> heaps;
  std::vector<std::unique_ptr<BlockPool<Locked>>> pools;
  for (int i = 0; i < 100; ++i) {
    heaps.push_back(std::make_unique<Heap>(HeapOptions{.name = "json many"}));
    pools.push_back(std::make_unique<BlockPool<Locked>>(
        PoolOptions{.block_size = 64, .capacity = 10, .name = "json of many"}));
  }
  EXPECT_EQ(without_moments(process_json()), without_moments(stats::to_json(stats::snapshot())));
}

TEST(ProcessJson, IsCutToFitWithItsWholeLengthReturned) {
  const std::string whole = process_json();
  std::string start(100, 'x');
  EXPECT_NEAR(static_cast<double>(write_process_json({start.data(), 50})), static_cast<double>(whole.size()),
              10);
  EXPECT_EQ(start.substr(0, 50), whole.substr(0, 49) + '\0');
  EXPECT_EQ(start.substr(50), std::string(50, 'x'));
  char one = 'x';
  EXPECT_GT(write_process_json({&one, 1}), 1U);
  EXPECT_EQ(one, '\0');
}

}  // namespace
}  // namespace cenote::inspect
