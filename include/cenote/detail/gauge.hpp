/// Where a figure is to be read. A pool's counters stay where its fast paths want them; a gauge tells how
/// their words become a figure, and whoever looks at the pool, in this process or from another, follows it.
/// Counting costs a pool nothing more than it counts anyway.
///
///     one        scale * word
///     array      scale * sum of a word of each item
///     list       the same, following a pointer from item to item
///     indexed    scale * word of the item that another word names
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <cenote/detail/account.hpp>
#include <cenote/detail/check.hpp>

namespace cenote::stats {

namespace detail {
template <class T>
struct StoredIn {
  using Type = T;
};
template <class T>
struct StoredIn<std::atomic<T>> {
  using Type = T;
};
}  // namespace detail

/// Plain data, also for another process.
struct Gauge {
  enum class Walk : std::uint8_t { one, array, list, indexed };

  const void* at = nullptr;     // the word; the first item; of a list, the pointer to it. Null: the word is 1
  const void* index = nullptr;  // indexed: a word of 8 bytes whose lowest `index_bits` say which item
  std::int64_t scale = 1;
  // from item to item: bytes; of a list, where in an item the pointer to the next lies
  std::uint32_t step = 0;
  std::uint32_t offset = 0;  // of the word in an item
  std::uint32_t count = 1;   // items of an array; the most of a list
  Figure figure{};
  Walk walk = Walk::one;
  std::uint8_t word_bytes = 8;  // 1, 2, 4 or 8
  std::uint8_t shift = 0;       // the bits of the word that count
  std::uint8_t bits = 64;
  std::uint8_t index_bits = 0;
  bool rival = false;  // of a second sum for the figure: the greater counts

  /// A number that never changes.
  static constexpr Gauge constant(Figure figure, std::uint64_t value) noexcept {
    return {.scale = static_cast<std::int64_t>(value), .figure = figure};
  }
  template <class Word>
  static Gauge of(Figure figure, const Word& word, std::int64_t scale = 1) noexcept {
    return {.at = &word, .scale = scale, .figure = figure, .word_bytes = bytes_of<Word>()};
  }
  /// Of `count` items from `first` on.
  template <class Item, class Word>
  static Gauge in_array(Figure figure, const Item* first, std::size_t count, Word Item::*word,
                        std::int64_t scale = 1) noexcept {
    return {.at = first,
            .scale = scale,
            .step = sizeof(Item),
            .offset = offset_of(word),
            .count = static_cast<std::uint32_t>(count),
            .figure = figure,
            .walk = Walk::array,
            .word_bytes = bytes_of<Word>()};
  }
  /// Of a word inside of a member of each item.
  template <class Item, class Member, class Word>
  static Gauge in_array(Figure figure, const Item* first, std::size_t count, Member Item::*member,
                        Word Member::*word, std::int64_t scale = 1) noexcept {
    Gauge gauge = in_array(figure, reinterpret_cast<const Word*>(first), count, scale);
    gauge.step = sizeof(Item);
    gauge.offset = offset_of(member) + offset_of(word);
    return gauge;
  }
  /// Of words in a row.
  template <class Word>
  static Gauge in_array(Figure figure, const Word* first, std::size_t count,
                        std::int64_t scale = 1) noexcept {
    return {.at = first,
            .scale = scale,
            .step = sizeof(Word),
            .count = static_cast<std::uint32_t>(count),
            .figure = figure,
            .walk = Walk::array,
            .word_bytes = bytes_of<Word>()};
  }
  /// Of the item that the lowest `bits` of `index` name, where there is one.
  template <class Word>
  static Gauge indexed(Figure figure, const Word* first, std::uint32_t count,
                       const std::atomic<std::uint64_t>& index, unsigned bits,
                       std::int64_t scale = 1) noexcept {
    return {.at = first,
            .index = &index,
            .scale = scale,
            .step = sizeof(Word),
            .count = count,
            .figure = figure,
            .walk = Walk::indexed,
            .word_bytes = bytes_of<Word>(),
            .index_bits = static_cast<std::uint8_t>(bits)};
  }
  /// Of the items behind `head`, a pointer to the first. Their memory must not be released while the entry is
  /// open.
  template <class Head, class Item, class Word>
  static Gauge in_list(Figure figure, const Head& head, Item* Item::*next, Word Item::*word,
                       std::int64_t scale = 1) noexcept {
    return in_list(figure, head, next, word, scale, bytes_of<Word>());
  }

  /// Of a word inside of a member of each of these.
  template <class Head, class Item, class Member, class Word>
  static Gauge in_list(Figure figure, const Head& head, Item* Item::*next, Member Item::*member,
                       Word Member::*word, std::int64_t scale = 1) noexcept {
    Gauge gauge = in_list(figure, head, next, member, scale, bytes_of<Word>());
    gauge.offset += offset_of(word);
    return gauge;
  }
  /// The same words, for another figure.
  constexpr Gauge as(Figure other, std::int64_t times) const noexcept {
    Gauge gauge = *this;
    gauge.figure = other;
    gauge.scale = times;
    return gauge;
  }
  /// The same, of these bits of the word alone.
  constexpr Gauge field(int from, int width) const noexcept {
    Gauge gauge = *this;
    gauge.shift = static_cast<std::uint8_t>(from);
    gauge.bits = static_cast<std::uint8_t>(width);
    return gauge;
  }

  /// The same, for the figure's second sum.
  constexpr Gauge as_rival() const noexcept {
    Gauge gauge = *this;
    gauge.rival = true;
    return gauge;
  }

  /// In the Itanium C++ ABI, which all supported platforms have, a pointer to a data member is the member's
  /// offset.
  template <class Item, class Member>
  static std::uint32_t offset_of(Member Item::*member) noexcept {
    static_assert(sizeof member == sizeof(std::ptrdiff_t));
    return static_cast<std::uint32_t>(std::bit_cast<std::ptrdiff_t>(member));
  }

 private:
  static constexpr std::uint32_t kListMax = 4096;

  template <class Head, class Item, class Member>
  static Gauge in_list(Figure figure, const Head& head, Item* Item::*next, Member Item::*member,
                       std::int64_t scale, std::uint8_t word_bytes) noexcept {
    return {.at = &head,
            .scale = scale,
            .step = offset_of(next),
            .offset = offset_of(member),
            .count = kListMax,
            .figure = figure,
            .walk = Walk::list,
            .word_bytes = word_bytes};
  }

  template <class Word>
  static constexpr std::uint8_t bytes_of() noexcept {
    using Stored = typename detail::StoredIn<std::remove_cv_t<Word>>::Type;
    static_assert((std::is_integral_v<Stored> || std::is_enum_v<Stored>)&&sizeof(Word) == sizeof(Stored));
    return sizeof(Stored);
  }
};
static_assert(std::is_trivially_copyable_v<Gauge>);

/// The gauges of one pool, as its parts add them, and what else there is to know of it. Who gives no gauge
/// for deallocations has as many as allocations no more in use.
struct Gauges {
  static constexpr std::size_t kMax = 24;

  std::uint64_t block_bytes = 0;  // of equal blocks: `live` is so much for each in use,
  std::uint64_t stride = 0;       // and the rest of this is internal fragmentation; 0: gauges say both
  const void* holder = nullptr;   // whose slabs are its blocks, where it has such: a SlabHolder
  bool borrows = false;           // its memory is blocks of another pool

  std::array<Gauge, kMax> all{};
  std::size_t count = 0;

  Gauges& add(const Gauge& gauge) noexcept {
    CENOTE_ASSERT(count < kMax, "a pool has more gauges than an entry has room for");
    all[count++] = gauge;
    return *this;
  }
};

class Peek;

/// Adds what the gauge reads to `sum`; false when something cannot be read.
bool read_gauge(const Gauge& gauge, const Peek& peek, std::uint64_t& sum) noexcept;

}  // namespace cenote::stats
