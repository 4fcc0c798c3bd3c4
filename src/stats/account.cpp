#include <cenote/detail/account.hpp>

namespace cenote::stats {
namespace {

constexpr std::array<std::string_view, kFigures> kFigureNames{"live",
                                                              "internal_fragmentation",
                                                              "fragmentation_unknown",
                                                              "thread_caches",
                                                              "partial_slabs",
                                                              "empty_slabs",
                                                              "orphans",
                                                              "untouched",
                                                              "metadata",
                                                              "reserved",
                                                              "limit",
                                                              "blocks_in_use",
                                                              "blocks_capacity",
                                                              "blocks_peak",
                                                              "allocations",
                                                              "deallocations",
                                                              "failures",
                                                              "fragmentation_samples"};

constexpr std::array<std::string_view, 12> kKindNames{
    "process",         "page_heap", "heap",      "fixed_pool", "pool_manager", "slab_allocator",
    "buddy_allocator", "arena",     "numa_pool", "limit",      "movable_pool", "epoch_domain"};

static_assert(!kFigureNames.back().empty() && !kKindNames.back().empty());

}  // namespace

std::string_view name_of(Figure figure) noexcept { return kFigureNames[static_cast<std::size_t>(figure)]; }

// What another process says may be anything.
std::string_view name_of(Kind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : "unknown";
}

}  // namespace cenote::stats
