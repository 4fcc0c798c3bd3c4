#include <algorithm>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>

#include "base/text.hpp"
#include "os/elf_note.hpp"
#include "stats/peek.hpp"

namespace cenote::stats {

[[gnu::used]] constinit Listings g_listings{};
CENOTE_ELF_NOTE("1", "_ZN6cenote5stats10g_listingsE");

namespace {

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::listings};
constinit os::ForkHold g_fork_hold{g_lock};
constinit os::PermanentMemory g_memory{};
constinit Listing* g_idle = nullptr;

Listing* first() noexcept { return const_cast<Listing*>(g_listings.first); }

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

Listing* take() noexcept {
  if (Listing* const idle = g_idle) {
    g_idle = idle->next;
    return idle;
  }
  return static_cast<Listing*>(g_memory.allocate(sizeof(Listing)));
}

// The head last: who looks from outside then meets whole entries only.
void link(Listing& listing) noexcept {
  listing.previous = nullptr;
  listing.next = first();
  if (listing.next != nullptr) listing.next->previous = &listing;
  std::atomic_ref{g_listings.first}.store(&listing, std::memory_order_release);
}

void unlink(Listing& listing) noexcept {
  if (listing.next != nullptr) listing.next->previous = listing.previous;
  if (listing.previous != nullptr) {
    listing.previous->next = listing.next;
  } else {
    g_listings.first = listing.next;
  }
}

void rebase(const void*& at, const void* from, const void* to, std::size_t bytes) noexcept {
  const auto offset = reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(from);
  if (offset < bytes) at = static_cast<const std::byte*>(to) + offset;
}

// Sums of words that change one after the other may fall below zero.
void settle(Account& account, const Account& rival) noexcept {
  for (std::size_t i = 0; i < kFigures; ++i) {
    const auto sum = static_cast<std::int64_t>(account.figures[i]);
    const auto other = static_cast<std::int64_t>(rival.figures[i]);
    account.figures[i] = static_cast<std::uint64_t>(std::max({std::int64_t{0}, sum, other}));
  }
}

void derive(Account& account, const Gauges& gauges) noexcept {
  const std::uint64_t in_use = account[Figure::blocks_in_use];
  if (gauges.stride != 0) {
    account[Figure::live] = in_use * gauges.block_bytes;
    account[Figure::internal_fragmentation] = in_use * (gauges.stride - gauges.block_bytes);
  }
  if (account[Figure::deallocations] == 0 && account[Figure::allocations] > in_use) {
    account[Figure::deallocations] = account[Figure::allocations] - in_use;
  }
}

}  // namespace

void Listed::open(Kind kind, std::string_view name, const Gauges& gauges) noexcept {
  close();
  if (name.empty()) return;
  const os::LockGuard guard{g_lock};
  listing_ = take();
  if (listing_ == nullptr) return;
  listing_->kind = kind;
  text::copy(name, listing_->name);
  listing_->gauges = gauges;
  listing_->magic = Listing::kMagic;
  link(*listing_);
}

void Listed::withdraw() noexcept {
  const os::LockGuard guard{g_lock};
  Listing& listing = *std::exchange(listing_, nullptr);
  unlink(listing);
  listing.magic = 0;
  listing.next = g_idle;
  g_idle = &listing;
}

void Listed::follow(const void* from, const void* to, std::size_t bytes) noexcept {
  if (listing_ == nullptr) return;
  const os::LockGuard guard{g_lock};
  for (std::size_t i = 0; i < listing_->gauges.count; ++i) {
    rebase(listing_->gauges.all[i].at, from, to, bytes);
    rebase(listing_->gauges.all[i].index, from, to, bytes);
  }
}

bool read_listing(const Listing& listing, const Peek& peek, Account& account) noexcept {
  if (listing.magic != Listing::kMagic || listing.gauges.count > Gauges::kMax) return false;
  account = {.kind = listing.kind, .borrows = listing.gauges.borrows};
  std::copy_n(listing.name, kNameMax, account.name);
  Account rival;
  for (std::size_t i = 0; i < listing.gauges.count; ++i) {
    const Gauge& gauge = listing.gauges.all[i];
    if (static_cast<std::size_t>(gauge.figure) >= kFigures) return false;
    if (!read_gauge(gauge, peek, (gauge.rival ? rival : account)[gauge.figure])) return false;
  }
  settle(account, rival);
  derive(account, listing.gauges);
  return true;
}

void for_each_listing(VisitListing visit, void* context) {
  const os::LockGuard guard{g_lock};
  for (const Listing* listing = g_listings.first; listing != nullptr; listing = listing->next)
    visit(context, *listing);
}

}  // namespace cenote::stats
