#include "inspect/map_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace cenote::inspect {

namespace {

constexpr int kListingsMax = 1 << 20;

template <std::size_t kSize>
std::string name_in(const char (&name)[kSize]) {
  return {name, std::find(name, name + kSize, '\0')};
}

}  // namespace

std::vector<MapHolder> MapReader::holders() const {
  std::vector<MapHolder> holders;
  add_heaps(holders);
  add_listed(holders);
  return holders;
}

void MapReader::add_heaps(std::vector<MapHolder>& holders) const {
  static_cast<void>(for_each_heap([&](const HeapCore& core, const HeapCore* at) {
    const bool is_process = at == view_.anchor.process;
    holders.push_back({&at->central_pool, stats::Kind::heap, is_process ? "malloc" : name_in(core.name)});
  }));
}

void MapReader::add_listed(std::vector<MapHolder>& holders) const {
  stats::Listings list{};
  if (view_.listings == nullptr || !view_.peek.read(view_.listings, list)) return;
  const stats::Listing* at = list.first;
  for (int i = 0; at != nullptr && i < kListingsMax; ++i) {
    Image<stats::Listing> listing;
    if (!listing.take(view_.peek, at) || listing->magic != stats::Listing::kMagic) return;
    if (const auto* const holder = static_cast<const SlabHolder*>(listing->gauges.holder)) {
      MapHolder& named = holders[index_of(holders, holder)];
      named.kind = listing->kind;
      named.name = name_in(listing->name);
    }
    at = listing->next;
  }
}

std::uint16_t index_of(std::vector<MapHolder>& holders, const SlabHolder* holder) {
  const auto found = std::ranges::find(holders, holder, &MapHolder::holder);
  if (found != holders.end()) return static_cast<std::uint16_t>(found - holders.begin());
  if (holders.size() == std::numeric_limits<std::uint16_t>::max()) return 0;
  holders.push_back({.holder = holder});
  return static_cast<std::uint16_t>(holders.size() - 1);
}

}  // namespace cenote::inspect
