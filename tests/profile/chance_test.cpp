#include "profile/chance.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "profile/countdown.hpp"

namespace cenote::profile {
namespace {

TEST(Chance, LogarithmIsTheMathLibrarys) {
  for (double u = 1; u > 0x1p-53; u *= 0.83)
    EXPECT_NEAR(minus_ln(u), -std::log(u), 1e-13 * (1 - std::log(u))) << u;
  EXPECT_EQ(minus_ln(1), 0);
}

TEST(Chance, ExponentialIsTheMathLibrarys) {
  for (double x = 1e-9; x < 100; x *= 1.37) EXPECT_NEAR(one_minus_exp(x), -std::expm1(-x), 1e-13 * x) << x;
  EXPECT_EQ(one_minus_exp(0), 0);
}

TEST(Chance, AWeightUndoesTheChanceOfItsSize) {
  for (const std::uint64_t bytes : {16U, 100U, 4096U, 70'000U, 5'000'000U}) {
    const double chance = -std::expm1(-static_cast<double>(bytes) / 524'288);
    EXPECT_NEAR(static_cast<double>(weight_of(bytes, 524'288)) / kOne * chance, 1, 1e-4) << bytes;
  }
  EXPECT_EQ(weight_of(16, 1), kOne);
}

/// Sampling at `rate` while it lives, from a seed.
class Rate {
 public:
  explicit Rate(std::uint64_t rate) : before_{g_rate.exchange(rate)} { seed(42); }
  ~Rate() { g_rate = before_; }

 private:
  std::uint64_t before_;
};

// Of chains of every length each block is sampled with the same chance, 1 - exp(-size / rate): the count of n
// blocks is binomial.
TEST(Countdown, SamplesEachBlockWithTheChanceOfItsSize) {
  const Rate rate{10'000};
  for (const std::uint64_t bytes : {16U, 480U, 9'000U, 60'000U}) {
    Countdown countdown;
    const double chance = -std::expm1(-static_cast<double>(bytes) / 10'000);
    double blocks = 0, samples = 0;
    for (std::uint32_t chain = 1; blocks < 400'000; chain = chain % 257 + 1) {
      const std::uint32_t before = countdown.before_sample(bytes, chain);
      blocks += before;
      if (before < chain) ++blocks, ++samples;
    }
    const double sigma = std::sqrt(blocks * chance * (1 - chance));
    EXPECT_NEAR(samples, blocks * chance, 4 * sigma + 1) << bytes;
  }
}

TEST(Countdown, AtRateOneEveryBlockIsSampled) {
  const Rate rate{1};
  Countdown countdown;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(countdown.before_sample(16, 50), 0U);
}

TEST(Chance, OfWhatComesAloneAsManyAreDrawn) {
  const Rate rate{1'000'000};
  int drawn = 0;
  for (int i = 0; i < 100'000; ++i) drawn += is_drawn(500'000) ? 1 : 0;
  EXPECT_NEAR(drawn, 100'000 * -std::expm1(-0.5), 4 * std::sqrt(100'000 * 0.2387));
}

}  // namespace
}  // namespace cenote::profile
