/// Bytes that tell one block from another: whoever writes into a neighbour's block is seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cenote::test {

/// The byte at `offset` of the pattern `seed`.
constexpr std::uint8_t pattern_byte(std::uint64_t seed, std::size_t offset) noexcept {
  return static_cast<std::uint8_t>((seed * 0x9e37'79b9'7f4a'7c15U >> 32) + offset * 31 + offset / 251);
}

inline void fill_pattern(void* block, std::size_t bytes, std::uint64_t seed) noexcept {
  auto* const at = static_cast<std::uint8_t*>(block);
  for (std::size_t i = 0; i < bytes; ++i) at[i] = pattern_byte(seed, i);
}

inline bool holds_pattern(const void* block, std::size_t bytes, std::uint64_t seed) noexcept {
  const auto* const at = static_cast<const std::uint8_t*>(block);
  for (std::size_t i = 0; i < bytes; ++i) {
    if (at[i] != pattern_byte(seed, i)) return false;
  }
  return true;
}

inline bool is_zero(const void* block, std::size_t bytes) noexcept {
  const auto* const at = static_cast<const std::uint8_t*>(block);
  return bytes == 0 || (at[0] == 0 && std::memcmp(at, at + 1, bytes - 1) == 0);
}

}  // namespace cenote::test
