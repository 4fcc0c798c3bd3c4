/// What each thread has of each instance of something, found in O(1): a table a thread, indexed by the
/// instance's number.
///
///     thread-local table   | number 0 | number 1 | ...     each {serial, part}; a serial is never used twice, a number is
///
/// An entry of an instance that has died keeps a serial that nobody has.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::os {

/// An instance's place in the tables of all threads.
struct InstanceId {
  static constexpr std::uint32_t kNoNumber = ~std::uint32_t{0};  // is never found: the instance has no parts

  std::uint64_t serial = 0;
  std::uint32_t number = kNoNumber;
};

/// Hands out serials, and the lowest number that is free, so that tables stay short.
///
/// Threads     one at a time: its owner's lock.
class InstanceIds {
 public:
  static constexpr std::uint32_t kNumbersMax = 65536;

  /// Serials begin anywhere: a thread that meets an instance of another copy of the library in its process
  /// must not find a part of its own.
  std::uint64_t next_serial() noexcept {
    while (last_serial_ == 0) last_serial_ = random_bits() >> 1;
    return ++last_serial_;
  }
  /// kNoNumber when there are kNumbersMax instances already.
  std::uint32_t take_number() noexcept {
    for (std::size_t word = 0; word < taken_.size(); ++word) {
      if (taken_[word] == ~std::uint64_t{0}) continue;
      const auto bit = static_cast<std::uint32_t>(std::countr_one(taken_[word]));
      taken_[word] |= std::uint64_t{1} << bit;
      return static_cast<std::uint32_t>(word) * 64 + bit;
    }
    return InstanceId::kNoNumber;
  }
  void give_number(std::uint32_t number) noexcept {
    if (number != InstanceId::kNoNumber) taken_[number / 64] &= ~(std::uint64_t{1} << (number % 64));
  }

 private:
  std::uint64_t last_serial_ = 0;
  std::array<std::uint64_t, kNumbersMax / 64> taken_{};  // bits
};

/// One thread's table; constant-initialised and without a destructor, for thread-local storage.
///
/// Threads     its own alone.
template <class Part>
struct InstanceTable {
  struct Entry {
    std::uint64_t serial;
    Part* part;
  };
  static constexpr std::uint64_t kNoSerial = ~std::uint64_t{0};  // of no instance

  Entry* entries;
  std::uint32_t size;
  bool ended;  // the thread is past its end

  /// Null when the thread has no part of that instance.
  Part* find(InstanceId id) const noexcept {
    if (id.number >= size) [[unlikely]]
      return nullptr;
    const Entry entry = entries[id.number];
    return entry.serial == id.serial ? entry.part : nullptr;
  }

  /// Room for `number`: a page of entries at first, then twice as many each time. False when the thread has
  /// ended, the instance has no number, or the system refuses memory.
  bool make_room(std::uint32_t number) noexcept {
    if (ended || number == InstanceId::kNoNumber) return false;
    if (number < size) return true;
    const std::size_t page = page_bytes();
    const std::size_t wanted = std::bit_ceil((number + std::size_t{1}) * sizeof(Entry));
    const Region fresh = g_system_memory.map(std::max(wanted, page), page);
    if (!fresh) return false;
    auto* const moved = reinterpret_cast<Entry*>(fresh.start);
    std::copy_n(entries, size, moved);
    release_entries();
    entries = moved;
    size = static_cast<std::uint32_t>(fresh.bytes / sizeof(Entry));
    return true;
  }

  void release_entries() noexcept {
    const Region memory{reinterpret_cast<std::byte*>(entries), size * sizeof(Entry)};
    entries = nullptr;
    size = 0;
    if (memory) g_system_memory.release(memory);
  }
};

}  // namespace cenote::os
