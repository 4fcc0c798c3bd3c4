/// Names of pools, threads and tags, each kept once and for ever: a sample refers to one by its address.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <cenote/detail/regions.hpp>

#include "base/text.hpp"

namespace cenote::profile {

inline constexpr std::size_t kNameMax = 63;

struct Name {
  Name* next;
  std::uint32_t number;  // 0, 1, ... in the order in which they came
  char text[kNameMax + 1];
};

/// Threads     one at a time: its owner's lock.
class Names {
 public:
  constexpr Names() noexcept = default;

  /// The name `text`, cut to 63 bytes; null when there is no memory. O(names / 256).
  const Name* keep(std::string_view text, os::PermanentMemory& memory) noexcept {
    text = text::cut(text, kNameMax);
    Name*& first = buckets_[hash(text) % buckets_.size()];
    for (const Name* name = first; name != nullptr; name = name->next) {
      if (text == name->text) return name;
    }
    auto* const name = static_cast<Name*>(memory.allocate(sizeof(Name)));
    if (name == nullptr) return nullptr;
    std::memcpy(name->text, text.data(), text.size());
    name->number = count_++;
    name->next = first;
    return first = name;
  }

  std::uint32_t count() const noexcept { return count_; }

  template <class Visit>
  void for_each(Visit visit) const noexcept {
    for (const Name* first : buckets_) {
      for (const Name* name = first; name != nullptr; name = name->next) visit(*name);
    }
  }

 private:
  static std::size_t hash(std::string_view text) noexcept {
    std::uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
    return hash;
  }

  std::array<Name*, 256> buckets_{};
  std::uint32_t count_ = 0;
};

}  // namespace cenote::profile
