/// Where units lie: which node their pages come from, and of which kind these are. Who asks for units says from which place.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/node_set.hpp>
#include <cenote/detail/page_kind.hpp>

namespace cenote {

class Place {
 public:
  static constexpr std::size_t kCount = std::size_t{4} * os::kNodesMax;

  /// Node 0, which stands for all where there is one node only, and normal pages.
  constexpr Place() noexcept = default;
  /// 0 <= node < os::kNodesMax.
  constexpr Place(int node, PageKind pages) noexcept
      : index_{static_cast<std::uint8_t>(node << kKindBits | static_cast<int>(pages))} {}

  constexpr int node() const noexcept { return index_ >> kKindBits; }
  constexpr PageKind pages() const noexcept { return static_cast<PageKind>(index_ & ((1 << kKindBits) - 1)); }
  constexpr Place in_normal_pages() const noexcept { return {node(), PageKind::normal}; }
  /// Below kCount; 0 for Place{}.
  constexpr std::size_t index() const noexcept { return index_; }
  friend constexpr bool operator==(Place, Place) noexcept = default;

 private:
  static constexpr int kKindBits = 2;

  std::uint8_t index_ = 0;
};
static_assert(Place{os::kNodesMax - 1, PageKind::huge_1gib}.index() == Place::kCount - 1);

}  // namespace cenote
