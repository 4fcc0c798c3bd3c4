/// A set of indices below a bound that gives its lowest members first: a tree of bitmaps, 64 to one.
///
///     level 1     | 1 . 1 . ... |                       bit w: word w of level 0 is not empty
///     level 0     | ...101 | ... | 1....... | ...       bit i: i is a member
///
/// The words lie in memory that the owner passes, all zero at first. Level 0 grows with the indices used; the
/// upper levels are a sixty-third of it.
///
/// Source  van Emde Boas, "Preserving Order in a Forest in Less than Logarithmic Time", FOCS 1975, with words
///         for its small universes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// Indices [first, first + count).
struct IndexRun {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// Threads     one at a time.
class IndexSet {
 public:
  static constexpr std::uint32_t kWordBits = 64;

  constexpr IndexSet() noexcept = default;
  /// Indices below `bound`, bound > 0.
  explicit constexpr IndexSet(std::uint32_t bound) noexcept {
    std::uint32_t words = bound, offset = 0;
    do {
      words = words / kWordBits + (words % kWordBits != 0 ? 1 : 0);
      offsets_[levels_++] = offset;
      offset += words;
    } while (words > 1);
    words_ = offset;
  }

  /// Bytes of all words, and of level 0 for the indices below `bound`: the rest of that level may be
  /// inaccessible.
  constexpr std::size_t bytes() const noexcept { return std::size_t{words_} * sizeof(std::uint64_t); }
  static constexpr std::size_t level_bytes(std::uint32_t bound) noexcept {
    return std::size_t{bound / kWordBits + (bound % kWordBits != 0 ? 1 : 0)} * sizeof(std::uint64_t);
  }
  /// Where the upper levels begin, in bytes.
  constexpr std::size_t upper_levels() const noexcept {
    return levels_ == 1 ? bytes() : std::size_t{offsets_[1]} * sizeof(std::uint64_t);
  }

  bool contains(const std::uint64_t* words, std::uint32_t index) const noexcept {
    return (words[index / kWordBits] >> (index % kWordBits) & 1) != 0;
  }
  bool empty(const std::uint64_t* words) const noexcept { return words[offsets_[levels_ - 1]] == 0; }

  /// O(1): a word a level, five at most.
  void insert(std::uint64_t* words, std::uint32_t index) noexcept {
    for (unsigned level = 0; level < levels_; ++level) {
      std::uint64_t& word = words[offsets_[level] + index / kWordBits];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (index % kWordBits);
      if (!was_empty) return;
      index /= kWordBits;
    }
  }

  /// Takes out the lowest member and those that follow it without a gap, `most` of them at most and within
  /// one word; precondition: not empty. O(1) as above.
  IndexRun take_lowest(std::uint64_t* words, std::uint32_t most) noexcept {
    std::uint32_t index = 0;
    for (unsigned level = levels_; level-- > 0;) {
      index =
          index * kWordBits + static_cast<std::uint32_t>(std::countr_zero(words[offsets_[level] + index]));
    }
    const std::uint64_t members = words[index / kWordBits] >> (index % kWordBits);
    const auto row = static_cast<std::uint32_t>(std::countr_one(members));
    const std::uint32_t count = row < most ? row : most;
    erase(words, index, count);
    return {index, count};
  }

  /// Takes out `count` members from `first` on, all in one word of level 0.
  void erase(std::uint64_t* words, std::uint32_t first, std::uint32_t count) noexcept {
    std::uint64_t row = count == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    for (unsigned level = 0; level < levels_; ++level) {
      std::uint64_t& word = words[offsets_[level] + first / kWordBits];
      word &= ~(row << (first % kWordBits));
      if (word != 0) return;
      first /= kWordBits;
      row = 1;
    }
  }

 private:
  static constexpr unsigned kLevelsMax = 6;  // 64 to the sixth is more than 2 to the 32nd

  std::array<std::uint32_t, kLevelsMax> offsets_{};
  unsigned levels_ = 0;
  std::uint32_t words_ = 0;
};

}  // namespace cenote
