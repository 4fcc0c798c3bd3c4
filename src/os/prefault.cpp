#include <algorithm>
#include <atomic>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/topology.hpp>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

// A thread is worth its start for so many bytes, which a processor clears in some milliseconds.
constexpr std::size_t kBytesForAThread = std::size_t{32} << 20;
constexpr unsigned kThreadsMax = 8;  // no node's memory takes more at once
constexpr std::size_t kPieceBytes = std::size_t{16}
                                    << 20;  // pieces start at multiples of it: no huge page lies in two

// Changes nothing, whoever writes meanwhile.
void touch(Region region) noexcept {
  for (std::byte* at = region.start; at < region.end(); at += page_bytes())
    std::atomic_ref{*reinterpret_cast<std::uint8_t*>(at)}.fetch_or(0, std::memory_order_relaxed);
}

/// A region that several threads bring in, piece by piece: whoever is free takes the next.
class Prefault final : public Work {
 public:
  Prefault(Memory& memory, Region region, Pages granted) noexcept
      : memory_{memory},
        region_{region},
        granted_{granted},
        next_{align_down(address_of(region.start), kPieceBytes)} {}

  void prepare() noexcept override {
    if (granted_.node != any_numa_node) static_cast<void>(affinity::pin_to_node(granted_.node));
  }
  void run() noexcept override {
    for (;;) {
      const std::uintptr_t from = next_.fetch_add(kPieceBytes, std::memory_order_relaxed);
      if (from >= address_of(region_.end())) return;
      std::byte* const start = std::max(region_.start, reinterpret_cast<std::byte*>(from));
      std::byte* const end = std::min(region_.end(), reinterpret_cast<std::byte*>(from + kPieceBytes));
      bring_in({start, static_cast<std::size_t>(end - start)});
    }
  }

 private:
  void bring_in(Region piece) noexcept {
    if (!memory_.populate(piece)) touch(piece);
    if (granted_.kind == PageKind::transparent_huge) memory_.collapse(piece);
  }

  Memory& memory_;
  Region region_;
  Pages granted_;
  std::atomic<std::uintptr_t> next_;  // the address of the next piece
};

}  // namespace

void prefault(Memory& memory, Region region, Pages granted) noexcept {
  Prefault work{memory, region, granted};
  const std::size_t useful = std::min(region.bytes / kBytesForAThread, std::size_t{kThreadsMax});
  const unsigned threads = std::min(static_cast<unsigned>(useful), processors());
  run_together(work, threads > 1 ? threads - 1 : 0);
}

}  // namespace cenote::os
