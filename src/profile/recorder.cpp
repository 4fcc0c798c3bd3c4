#include "profile/recorder.hpp"

#include <span>
#include <type_traits>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/system.hpp>

#include "os/elf_note.hpp"
#include "os/modules.hpp"
#include "os/thread.hpp"
#include "profile/countdown.hpp"

namespace cenote::profile {

constinit Recorder g_recorder{};
static_assert(std::is_trivially_destructible_v<Recorder>, "blocks are freed until the very end of a program");
[[gnu::used]] constinit const ProfileAnchor g_profile_anchor{.recorder = &g_recorder,
                                                             .changes = &g_recorder.changes()};
CENOTE_ELF_NOTE("4", "_ZN6cenote7profile16g_profile_anchorE");

thread_local constinit const Name* t_tag = nullptr;
thread_local constinit bool t_inside = false;

namespace {

constinit os::ForkHold g_fork_hold{g_recorder.lock()};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

/// What the calling thread is called, asked again after a while: it may be given another name.
struct ThreadName {
  const Name* name;
  std::uint64_t known_ms;
};
[[gnu::tls_model("initial-exec")]] thread_local constinit ThreadName t_name{};
constexpr std::uint64_t kNameLastsMs = 100;

}  // namespace

/// A scope in which tables are changed, under the lock.
///
/// Source  Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", MSPC 2012: the writer's
///         side.
class [[nodiscard]] Recorder::Change {
 public:
  explicit Change(Recorder& recorder) noexcept
      : changes_{recorder.changes_}, before_{changes_.load(std::memory_order_relaxed)} {
    changes_.store(before_ + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  ~Change() { changes_.store(before_ + 2, std::memory_order_release); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  std::atomic<std::uint32_t>& changes_;
  std::uint32_t before_;
};

Problem Recorder::start(const Options& options) noexcept {
  if (!os::kHasCallStacks)
    return "there are no call stacks here: profiles need Linux with glibc 2.35 or later";
  if (options.rate_bytes == 0) return "rate_bytes is 0; 1 samples every block";
  const os::LockGuard guard{lock_};
  if (!was_started()) {
    seed(options.seed != 0 ? options.seed : os::random_bits());
    started_ms_ = os::coarse_milliseconds();
    started_.store(true, std::memory_order_release);
  }
  last_rate_.store(options.rate_bytes, std::memory_order_relaxed);
  g_rate.store(options.rate_bytes, std::memory_order_relaxed);
  return nullptr;
}

std::size_t Recorder::hidden_frames(std::span<const std::uintptr_t> frames) const noexcept {
  std::size_t count = 0;
  while (count < frames.size() && frames[count] - hidden_start_ < hidden_end_ - hidden_start_) ++count;
  return count == frames.size() ? 0 : count;
}

void Recorder::note_allocated(const Sampled& sampled) noexcept {
  const Inside inside;
  const std::uint64_t rate = g_rate.load(std::memory_order_relaxed);
  if (rate == 0) return;  // stopped since it was chosen
  std::array<std::uintptr_t, kFramesMax> room{};
  const std::span<const std::uintptr_t> all{room.data(), os::call_stack(room)};
  if (all.size() == kFramesMax) room.back() = kCutHere;
  const std::uint64_t now = os::coarse_milliseconds();
  if (t_name.name == nullptr || now - t_name.known_ms > kNameLastsMs) {
    char text[kNameMax + 1];
    t_name = {keep_name({text, os::thread_name(text)}), now};
  }
  const Weight weight = weight_of(sampled.drawn_bytes, rate);

  const os::LockGuard guard{lock_};
  const Change change{*this};
  ++samples_;
  const Place place{sampled.pool, t_tag, t_name.name, all.subspan(hidden_frames(all))};
  Site* const site = sites_.find(place, memory_);
  const LiveSample sample{reinterpret_cast<std::uintptr_t>(sampled.block),
                          site,
                          sampled.heap,
                          sampled.size,
                          sampled.usable,
                          weight,
                          now};
  if (site == nullptr || !live_.add(sample)) {
    ++lost_;
    return;
  }
  for (Figures* figures : {&site->figures, &sums_}) figures->allocated += sample.sum();
  count_in(sample);
  note_peak();
}

void Recorder::count_in(const LiveSample& sample) noexcept {
  for (Figures* figures : {&sample.site->figures, &sums_}) figures->live += sample.sum();
  sample.heap->count.fetch_add(1, std::memory_order_relaxed);
  sample.heap->asked_bytes.fetch_add(sample.sum().bytes, std::memory_order_relaxed);
  sample.heap->usable_bytes.fetch_add(sample.usable_bytes(), std::memory_order_relaxed);
}

void Recorder::count_out(const LiveSample& sample) noexcept {
  for (Figures* figures : {&sample.site->figures, &sums_}) figures->live -= sample.sum();
  sample.heap->count.fetch_sub(1, std::memory_order_relaxed);
  sample.heap->asked_bytes.fetch_sub(sample.sum().bytes, std::memory_order_relaxed);
  sample.heap->usable_bytes.fetch_sub(sample.usable_bytes(), std::memory_order_relaxed);
}

// Sites are copied when a peak has outgrown the last by a twentieth: seldom enough to cost nothing, since
// peaks grow without end only where memory does.
void Recorder::note_peak() noexcept {
  if (sums_.live.bytes < sums_.peak.bytes + sums_.peak.bytes / 20 + 1) return;
  sums_.peak = sums_.live;
  for (Site* site = sites_.newest(); site != nullptr; site = const_cast<Site*>(site->older)) {
    site->figures.peak = site->figures.live;
  }
}

void Recorder::note_freed(const void* block) noexcept {
  const std::uint64_t now = os::coarse_milliseconds();
  const os::LockGuard guard{lock_};
  const LiveSample* const sample = live_.find(reinterpret_cast<std::uintptr_t>(block));
  if (sample == nullptr) return;
  const Change change{*this};
  const std::uint64_t lifetime_ms = (now - sample->born_ms) * sample->weight / kOne;
  for (Figures* figures : {&sample->site->figures, &sums_}) figures->lifetime_ms += lifetime_ms;
  count_out(*sample);
  live_.remove(*sample);
}

void Recorder::note_resized(const void* block, std::uint64_t size) noexcept {
  const os::LockGuard guard{lock_};
  LiveSample* const sample = live_.find(reinterpret_cast<std::uintptr_t>(block));
  if (sample == nullptr) return;
  const Change change{*this};
  count_out(*sample);
  sample->size = size;
  count_in(*sample);
  note_peak();
}

void Recorder::note_heap_gone(const HeapSamples& heap) noexcept {
  if (!was_started()) return;
  const os::LockGuard guard{lock_};
  const Change change{*this};
  live_.remove_if([&](const LiveSample& sample) {
    if (sample.heap != &heap) return false;
    count_out(sample);
    return true;
  });
}

void Recorder::note_lost() noexcept {
  const os::LockGuard guard{lock_};
  const Change change{*this};
  ++samples_;
  ++lost_;
}

const Name* Recorder::keep_name(std::string_view text) noexcept {
  const os::LockGuard guard{lock_};
  return names_.keep(text, memory_);
}

void Recorder::hide_code(std::uintptr_t start, std::uintptr_t end) noexcept {
  hidden_start_ = start;
  hidden_end_ = end;
}

Totals Recorder::totals() noexcept {
  const os::LockGuard guard{lock_};
  return {sums_.allocated.amount(), sums_.live.amount(), sums_.peak.amount(), samples_, lost_};
}

Problem start(const Options& options) noexcept { return g_recorder.start(options); }

void stop() noexcept { g_rate.store(0, std::memory_order_relaxed); }

Totals totals() noexcept { return g_recorder.totals(); }

}  // namespace cenote::profile
