/// The arithmetic of sampling. The malloc replacement links no libm, so the two functions that it takes are
/// here.
#pragma once

#include <bit>
#include <cstdint>

namespace cenote::profile {

inline constexpr double kLn2 = 0.693147180559945309417232121458;

/// -ln(u) for 0 < u <= 1, a normal number; to 14 digits.
///
/// Source  ln(m 2^e) = e ln 2 + 2 artanh((m - 1) / (m + 1)), with m within a factor of the root of 2 about 1.
constexpr double minus_ln(double u) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(u);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa =
      std::bit_cast<double>((bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1023} << 52);
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    ++exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  double series = 0;
  for (int power = 19; power >= 1; power -= 2) series = series * s * s + 1.0 / power;
  return -(exponent * kLn2 + 2 * s * series);
}

/// 1 - exp(-x) for x >= 0, without loss where x is small; to 14 digits.
constexpr double one_minus_exp(double x) noexcept {
  if (x > 60) return 1;
  const auto halvings = static_cast<int>(x / kLn2);
  const double rest = x - halvings * kLn2;
  double series = 0;  // exp(-rest) - 1
  for (int n = 20; n >= 1; --n) series = (series + 1) * -rest / n;
  if (halvings == 0) return -series;
  const auto power = std::bit_cast<double>(static_cast<std::uint64_t>(1023 - halvings) << 52);  // 2^-halvings
  return 1 - power * (1 + series);
}

/// What one sample stands for, in 65,536ths of a block.
using Weight = std::uint64_t;
inline constexpr Weight kOne = 65536;

/// How many blocks one sample of a block of `bytes` stands for: the inverse of its chance to be sampled.
/// bytes > 0, rate > 0.
constexpr Weight weight_of(std::uint64_t bytes, std::uint64_t rate) noexcept {
  if (rate == 1) return kOne;
  const double chance = one_minus_exp(static_cast<double>(bytes) / static_cast<double>(rate));
  const auto halves = static_cast<Weight>(static_cast<double>(2 * kOne) / chance);
  return (halves + 1) / 2;
}

/// Whether a block of so many bytes that comes alone is sampled. Threads: any.
bool is_drawn(std::uint64_t bytes) noexcept;

/// Begins the sequence of random numbers.
void seed(std::uint64_t seed) noexcept;

}  // namespace cenote::profile
