#include <cenote/detail/gauge.hpp>

#include "stats/peek.hpp"

namespace cenote::stats {
namespace {

const void* at_offset(const void* address, std::uint64_t bytes) noexcept {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) +
                                       static_cast<std::uintptr_t>(bytes));
}

std::uint64_t low_bits(std::uint64_t word, unsigned bits) noexcept {
  return bits >= 64 ? word : word & ((std::uint64_t{1} << bits) - 1);
}

template <class Word>
bool read_as(const Peek& peek, const void* address, std::uint64_t& value) noexcept {
  Word word{};
  if (!peek.read(address, word)) return false;
  value = word;
  return true;
}

bool read_word(const Peek& peek, const void* address, unsigned bytes, std::uint64_t& value) noexcept {
  switch (bytes) {
    case 1:
      return read_as<std::uint8_t>(peek, address, value);
    case 2:
      return read_as<std::uint16_t>(peek, address, value);
    case 4:
      return read_as<std::uint32_t>(peek, address, value);
    default:
      return read_as<std::uint64_t>(peek, address, value);
  }
}

class Reader {
 public:
  Reader(const Gauge& gauge, const Peek& peek, std::uint64_t& sum) noexcept
      : gauge_{gauge}, peek_{peek}, sum_{sum} {}

  bool read() noexcept {
    if (gauge_.at == nullptr) return sum_ += scaled(1), true;
    switch (gauge_.walk) {
      case Gauge::Walk::one:
        return add(gauge_.at);
      case Gauge::Walk::array:
        return add_array();
      case Gauge::Walk::list:
        return add_list();
      case Gauge::Walk::indexed:
        return add_indexed();
    }
    return false;
  }

 private:
  std::uint64_t scaled(std::uint64_t value) const noexcept {
    return value * static_cast<std::uint64_t>(gauge_.scale);
  }
  bool add(const void* word) noexcept {
    std::uint64_t value = 0;
    if (!read_word(peek_, word, gauge_.word_bytes, value)) return false;
    sum_ += scaled(low_bits(value >> gauge_.shift, gauge_.bits));
    return true;
  }
  bool add_item(const void* first, std::uint64_t index) noexcept {
    return add(at_offset(first, index * gauge_.step + gauge_.offset));
  }
  bool add_array() noexcept {
    for (std::uint32_t i = 0; i < gauge_.count; ++i) {
      if (!add_item(gauge_.at, i)) return false;
    }
    return true;
  }
  bool add_list() noexcept {
    const void* item = nullptr;
    if (!peek_.read(gauge_.at, item)) return false;
    for (std::uint32_t i = 0; item != nullptr && i < gauge_.count; ++i) {
      if (!add(at_offset(item, gauge_.offset)) || !peek_.read(at_offset(item, gauge_.step), item))
        return false;
    }
    return true;
  }
  bool add_indexed() noexcept {
    std::uint64_t word = 0;
    if (!peek_.read(gauge_.index, word)) return false;
    const std::uint64_t index = low_bits(word, gauge_.index_bits);
    return index >= gauge_.count || add_item(gauge_.at, index);
  }

  const Gauge& gauge_;
  const Peek& peek_;
  std::uint64_t& sum_;
};

}  // namespace

bool read_gauge(const Gauge& gauge, const Peek& peek, std::uint64_t& sum) noexcept {
  return Reader{gauge, peek, sum}.read();
}

}  // namespace cenote::stats
