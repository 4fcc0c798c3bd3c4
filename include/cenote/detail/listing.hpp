/// The list of everything in the process that has a name: pools, arenas, heaps. Each entry tells where its
/// figures are to be read.
///
///     listed_.open(Kind::fixed_pool, name, Gauges{}.add(Gauge::of(Figure::failures, failures_)));
///
/// What has no name is not listed, and costs eight bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/account.hpp>
#include <cenote/detail/anchor.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/gauge.hpp>

namespace cenote::stats {

class Peek;

/// An entry: plain data, also for another process. Its memory is never given back, only used again.
struct Listing {
  static constexpr std::uint32_t kMagic = 0x7473'6c63;  // "clst"

  std::uint32_t magic = 0;  // kMagic while it is on the list
  Kind kind{};
  Listing* next = nullptr;
  Listing* previous = nullptr;
  char name[kNameMax + 1] = {};
  Gauges gauges{};
};

/// The head of the list, for who looks at it from outside.
struct Listings {
  static constexpr std::uint64_t kLayout =
      layout_of({sizeof(void*), sizeof(Listing), sizeof(Gauges), sizeof(Gauge), kFigures, kNameMax});

  AnchorHead head{.layout = kLayout};
  const Listing* first = nullptr;
};
extern constinit Listings g_listings;

/// The figures of an entry; false when it cannot be read, or has left the list. A sum that others change
/// meanwhile never falls below 0.
bool read_listing(const Listing& listing, const Peek& peek, Account& account) noexcept;

/// Calls `visit(const Listing&)` for each entry of this process, the newest first; no entry leaves meanwhile.
using VisitListing = void (*)(void* context, const Listing& listing);
void for_each_listing(VisitListing visit, void* context);

/// An entry's owner: a member of what is listed. Move-only; a default one is listed nowhere.
///
/// A reader on another thread follows the gauges at any time while the entry is open. So the owner closes the
/// entry first, before it releases or reuses any memory that a gauge reads; the destructor, which would run
/// too late for that, checks it.
///
/// Threads     one at a time, each entry; different ones at the same time.
class Listed {
 public:
  constexpr Listed() noexcept = default;
  Listed(Listed&& other) noexcept : listing_{std::exchange(other.listing_, nullptr)} {}
  Listed& operator=(Listed&& other) noexcept {
    if (this != &other) {
      close();
      listing_ = std::exchange(other.listing_, nullptr);
    }
    return *this;
  }
  ~Listed() { CENOTE_CHECK(listing_ == nullptr, "a pool ends that is still listed: close its entry first"); }

  /// Enters the list, unless the name is empty or the system has no memory for the entry.
  void open(Kind kind, std::string_view name, const Gauges& gauges) noexcept;
  /// Leaves the list; waits for a reader that is reading the entry.
  void close() noexcept {
    if (listing_ != nullptr) withdraw();
  }
  bool is_open() const noexcept { return listing_ != nullptr; }
  /// What the gauges read in the `bytes` at `from` now lies at `to`.
  void follow(const void* from, const void* to, std::size_t bytes) noexcept;

 private:
  void withdraw() noexcept;

  Listing* listing_ = nullptr;
};

}  // namespace cenote::stats
