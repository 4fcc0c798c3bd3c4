/// How the blocks of a batch go back to their pools.
#include <algorithm>

#include <cenote/detail/retired_batch.hpp>

namespace cenote {

// O(blocks * pools): one batch seldom has many pools.
void RetiredBatch::give_back() noexcept {
  Retired* first = blocks.data();
  Retired* const end = first + count;
  while (first != end) {
    const Retired head = *first;
    Retired* const others =
        std::partition(first, end, [&](const Retired& each) { return each.goes_with(head); });
    std::array<void*, kBlocksMax> together;
    std::transform(first, others, together.begin(), [](const Retired& each) { return each.block; });
    head.give_back(head.context, {together.data(), static_cast<std::size_t>(others - first)});
    first = others;
  }
}

}  // namespace cenote
