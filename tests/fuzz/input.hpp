/// Bytes of a fuzzer, read as decisions. When they run out every decision is 0, so each prefix of an input is
/// an input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "support/sizes.hpp"

namespace cenote::fuzz {

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

  bool done() const { return at_ == bytes_.size(); }
  std::uint8_t byte() { return done() ? std::uint8_t{0} : bytes_[at_++]; }
  bool flag() { return (byte() & 1) != 0; }

  /// 0 .. 2^32 - 1, of no more bytes than `bound` needs.
  std::size_t below(std::size_t bound) {
    std::size_t value = byte();
    for (std::size_t reach = 256; reach < bound; reach *= 256) value = value * 256 + byte();
    return bound == 0 ? 0 : value % bound;
  }

  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

/// Requests on all sides of what pools treat differently.
inline std::size_t read_size(Input& in) {
  static constexpr std::size_t kOdd = 0;  // one that hardly any pool can serve
  static constexpr std::array<std::size_t, 32> kUpTo{
      8,    8,    16,   16,   64,     64,     64,      64,        200,       200,  200,
      200,  200,  600,  600,  600,    1024,   1024,    1024,      1024,      2000, 2000,
      4096, 4096, 9000, 9000, 40'000, 40'000, 150'000, 1'200'000, 3'000'000, kOdd};
  const std::size_t up_to = in.one_of(kUpTo);
  if (up_to != kOdd) return 1 + in.below(up_to);
  static constexpr std::array<std::size_t, 5> kOddSizes{
      0, std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} + 1, SIZE_MAX - 15, SIZE_MAX};
  return in.one_of(kOddSizes);
}

inline std::size_t read_alignment(Input& in) {
  const std::uint8_t kind = in.byte();
  if (kind < 150) return 16;
  if (kind < 230) return std::size_t{1} << kind % 8;
  if (kind < 250) return std::size_t{1} << in.below(18);
  static constexpr std::array<std::size_t, 6> kRare{
      std::size_t{1} << 21, std::size_t{1} << 30, std::size_t{1} << 31, 0, 24, test::top_power()};
  return in.one_of(kRare);
}

}  // namespace cenote::fuzz
