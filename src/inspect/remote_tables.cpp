#include "inspect/remote_tables.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"
#include "inspect/assemble.hpp"
#include "inspect/heap_census.hpp"
#include "inspect/image.hpp"

namespace cenote::inspect {
namespace {

using stats::Account, stats::Listing, stats::Listings;

constexpr std::size_t kRoomAtFirst = 64, kRoomMax = std::size_t{1} << 20;

void append_module(Account& account, const std::string& module) {
  const std::string name = std::string{account.name} + " in " + module;
  text::copy(name, account.name);
}

class Reader {
 public:
  Reader(const Peeks& peeks, bool names_modules) noexcept : peeks_{peeks}, names_modules_{names_modules} {}

  Reading read(const ModuleTables& module) {
    const Reading heaps = module.backing == nullptr ? Reading::whole : read_heaps(module);
    if (heaps == Reading::not_there) return heaps;
    const Reading list = module.listings == nullptr ? Reading::whole : read_list(*module.listings);
    return std::max(heaps, list);
  }
  void put_into(stats::Snapshot& snapshot) const { assemble(snapshot, holders_, listed_); }

 private:
  Reading read_heaps(const ModuleTables& module) {
    const std::optional<HeapAnchor> anchor = heap_anchor(module, peeks_.fresh);
    return anchor ? take_census(*anchor, module.name) : Reading::not_there;
  }

  Reading take_census(const HeapAnchor& anchor, const std::string& module) {
    for (std::size_t room = kRoomAtFirst; room <= kRoomMax; room *= 4) {
      std::vector<HolderAccount> rows(room);
      HeapCensus census{anchor, peeks_.steady, rows};
      const bool readable = census.take();
      if (census.overflowed() && room < kRoomMax) continue;
      for (const HolderAccount& row : census.rows()) add_holder(row, anchor, module);
      return readable ? Reading::whole : Reading::torn;
    }
    return Reading::torn;
  }

  void add_holder(HolderAccount row, const HeapAnchor& anchor, const std::string& module) {
    const bool has_the_same_name_everywhere =
        row.holder == nullptr || (anchor.process != nullptr && row.holder == &anchor.process->central_pool);
    if (names_modules_ && has_the_same_name_everywhere) append_module(row.account, module);
    holders_.push_back(row);
  }

  // The newest come first on the list.
  Reading read_list(const Listings& at) {
    Listings listings;
    if (!read_anchor(peeks_.fresh, &at, listings)) return Reading::not_there;
    const auto start = static_cast<std::ptrdiff_t>(listed_.size());
    const Reading reading = follow(listings.first);
    std::reverse(listed_.begin() + start, listed_.end());
    return reading;
  }

  Reading follow(const Listing* at) {
    while (at != nullptr) {
      Image<Listing> listing;
      if (listed_.size() == kRoomMax || !met_.insert(at).second) return Reading::torn;
      if (!listing.take(peeks_.steady, at) || !add_listing(at, listing)) return Reading::torn;
      at = listing->next;
    }
    return Reading::whole;
  }

  // A pool that ends takes its counters with it: its figures count if it was on the list before and after
  // they were read.
  bool add_listing(const Listing* at, const Image<Listing>& before) {
    ListedAccount entry{.holder = static_cast<const SlabHolder*>(before->gauges.holder)};
    if (!stats::read_listing(*before, peeks_.steady, entry.account)) return false;
    Image<Listing> after;
    if (!after.take(peeks_.fresh, at) || after->magic != Listing::kMagic) return false;
    if (!after.is_same_from(offsetof(Listing, name), before)) return false;
    listed_.push_back(entry);
    return true;
  }

  Peeks peeks_;
  bool names_modules_;
  std::vector<HolderAccount> holders_{};
  std::vector<ListedAccount> listed_{};
  std::unordered_set<const Listing*> met_{};
};

}  // namespace

std::optional<HeapAnchor> heap_anchor(const ModuleTables& module, const stats::Peek& peek) noexcept {
  BackingAnchor backing;
  HeapAnchor anchor;
  if (module.backing == nullptr || !read_anchor(peek, module.backing, backing)) return {};
  if (module.heaps != nullptr && !read_anchor(peek, module.heaps, anchor)) return {};
  anchor.backing = backing.backing;
  return anchor;
}

Reading read_tables(std::span<const ModuleTables> modules, const Peeks& peeks, stats::Snapshot& snapshot) {
  const auto with_heaps =
      std::ranges::count_if(modules, [](const ModuleTables& module) { return module.backing != nullptr; });
  Reader reader{peeks, with_heaps > 1};
  Reading worst = Reading::whole;
  for (const ModuleTables& module : modules) worst = std::max(worst, reader.read(module));
  snapshot.pools.clear();
  reader.put_into(snapshot);
  return worst;
}

}  // namespace cenote::inspect
