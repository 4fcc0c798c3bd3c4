/// What the heaps tell of sampled blocks, and what is known of them: the one record of this module.
///
/// Threads     any; one lock, the last that anybody takes. No stack is walked under it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/anchor.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/heap_profile.hpp>

#include "os/modules.hpp"
#include "profile/live_samples.hpp"
#include "profile/names.hpp"
#include "profile/sites.hpp"

namespace cenote::profile {

/// A block that was chosen to be looked at, about to be handed out.
struct Sampled {
  const void* block = nullptr;
  std::uint64_t size = 0;         // bytes asked for
  std::uint64_t usable = 0;       // bytes that it has
  std::uint64_t drawn_bytes = 0;  // bytes by which it was chosen
  HeapSamples* heap = nullptr;    // whose it is
  const Name* pool = nullptr;     // what the heap is called
};

class Recorder {
 public:
  /// Frames of a call stack. The outermost of so many is kCutHere: the stack had more.
  static constexpr std::size_t kFramesMax = os::kCallStackMax;

  constexpr Recorder() noexcept = default;

  Problem start(const Options& options) noexcept;
  bool was_started() const noexcept { return started_.load(std::memory_order_acquire); }

  /// Walks the calling thread's stack and records the block.
  void note_allocated(const Sampled& sampled) noexcept;
  /// A block is about to be freed; nothing happens when it was not recorded.
  void note_freed(const void* block) noexcept;
  /// A block stays where it is, and is another size to its user.
  void note_resized(const void* block, std::uint64_t size) noexcept;
  /// A heap is about to die, with all its blocks.
  void note_heap_gone(const HeapSamples& heap) noexcept;
  /// A sampled block that no record could be made of.
  void note_lost() noexcept;

  const Name* keep_name(std::string_view text) noexcept;
  /// Frames in this code, innermost, are no part of a call stack.
  void hide_code(std::uintptr_t start, std::uintptr_t end) noexcept;

  Totals totals() noexcept;
  /// When it was started, in milliseconds of os::coarse_milliseconds().
  std::uint64_t started_ms() const noexcept { return started_ms_; }

  /// Calls `visit(const Site&)` for each, newest first, and `visit_name(const Name&)`, under the lock.
  template <class Visit, class VisitName>
  void for_each(Visit visit, VisitName visit_name) noexcept {
    const os::LockGuard guard{lock_};
    for (const Site* site = sites_.newest(); site != nullptr; site = site->older) visit(*site);
    names_.for_each(visit_name);
  }
  std::size_t site_count() noexcept {
    const os::LockGuard guard{lock_};
    return sites_.count();
  }

  std::size_t name_count() noexcept {
    const os::LockGuard guard{lock_};
    return names_.count();
  }

  // Of a copy, too: these follow no pointer, and take no lock.
  const Figures& sums() const noexcept { return sums_; }
  std::uint64_t samples() const noexcept { return samples_; }
  std::uint64_t lost() const noexcept { return lost_; }
  const Site* newest_site() const noexcept { return sites_.newest(); }
  /// Odd while tables are being changed, another number after each change.
  constexpr const std::atomic<std::uint32_t>& changes() const noexcept { return changes_; }
  /// At which samples were taken last.
  std::uint64_t rate() const noexcept { return last_rate_.load(std::memory_order_relaxed); }

  constexpr os::Lock& lock() noexcept { return lock_; }

 private:
  class Change;

  /// The sums that a live sample is in: when it comes, or has changed, and before that or when it goes.
  void count_in(const LiveSample& sample) noexcept;
  void count_out(const LiveSample& sample) noexcept;
  void note_peak() noexcept;
  std::size_t hidden_frames(std::span<const std::uintptr_t> frames) const noexcept;

  os::Lock lock_{os::LockRank::profile};
  std::atomic<bool> started_{false};
  std::atomic<std::uint64_t> last_rate_{0};
  std::atomic<std::uint32_t> changes_{0};
  std::uint64_t started_ms_ = 0;
  std::uintptr_t hidden_start_ = 0, hidden_end_ = 0;
  // All below under lock_.
  os::PermanentMemory memory_{};
  Names names_{};
  Sites sites_{};
  LiveSamples live_{};
  Figures sums_{};
  std::uint64_t samples_ = 0, lost_ = 0;
};

extern constinit Recorder g_recorder;

/// The tag of the calling thread; null: none.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit const Name* t_tag;

/// True while the calling thread is inside the profiler: what it allocates then is not sampled.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit bool t_inside;

/// Says so for a scope.
class [[nodiscard]] Inside {
 public:
  Inside() noexcept : before_{t_inside} { t_inside = true; }
  ~Inside() { t_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

/// Plain data. The record, its sites and its names live as long as the process, and sites and names stay
/// where they are.
struct ProfileAnchor {
  static constexpr std::uint64_t kLayout = stats::layout_of(
      {sizeof(Recorder), sizeof(Site), sizeof(Name), Recorder::kFramesMax, kNameMax, Sites::kMost});

  stats::AnchorHead head{.layout = kLayout};
  const Recorder* recorder = nullptr;
  const std::atomic<std::uint32_t>* changes = nullptr;  // of the recorder
};

extern constinit const ProfileAnchor g_profile_anchor;

}  // namespace cenote::profile
