#include "profile/live_samples.hpp"

#include <random>
#include <unordered_map>

#include <gtest/gtest.h>

namespace cenote::profile {
namespace {

LiveSample sample_at(std::uintptr_t block, std::uint64_t size) {
  return {block, nullptr, nullptr, size, size, kOne, 0};
}

TEST(LiveSamples, HoldsWhatAMapHolds) {
  LiveSamples samples;
  std::unordered_map<std::uintptr_t, std::uint64_t> model;
  std::mt19937_64 random{7};
  for (int step = 0; step < 300'000; ++step) {
    const std::uintptr_t block = 16 * (1 + random() % 20'000);
    const LiveSample* const found = samples.find(block);
    ASSERT_EQ(found != nullptr, model.contains(block));
    if (found != nullptr) {
      ASSERT_EQ(found->size, model.at(block));
      samples.remove(*found);
      model.erase(block);
    } else if (random() % 3 != 0) {
      const auto size = static_cast<std::uint64_t>(step);
      ASSERT_TRUE(samples.add(sample_at(block, size)));
      model[block] = size;
    }
    ASSERT_EQ(samples.count(), model.size());
  }
}

TEST(LiveSamples, RemovesAllThatMatchAndNoOthers) {
  LiveSamples samples;
  for (std::uintptr_t i = 1; i <= 10'000; ++i) ASSERT_TRUE(samples.add(sample_at(16 * i, i)));
  samples.remove_if([](const LiveSample& sample) { return sample.size % 3 != 0; });
  EXPECT_EQ(samples.count(), 3333U);
  for (std::uintptr_t i = 1; i <= 10'000; ++i) ASSERT_EQ(samples.find(16 * i) != nullptr, i % 3 == 0) << i;
}

}  // namespace
}  // namespace cenote::profile
