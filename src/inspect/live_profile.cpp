#include "inspect/live_profile.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "inspect/image.hpp"

namespace cenote::inspect {
namespace {

using profile::Name, profile::Recorder, profile::Site, profile::Sites;

constexpr std::size_t kMoreTries = 10'000;  // for all sites together, beyond one for each

/// A site, with the frames that lie behind it.
struct SiteImage {
  Image<Site> site{};
  std::array<std::uintptr_t, Recorder::kFramesMax> frames{};
};

class Reader {
 public:
  Reader(const profile::ProfileAnchor& anchor, const stats::Peek& peek) noexcept
      : anchor_{anchor}, peek_{peek} {}

  std::optional<LiveProfile> read() {
    const auto before = changes();
    Image<Recorder> recorder;
    if (!before || !recorder.take(peek_, anchor_.recorder) || !recorder->was_started()) return {};
    out_.started_ms = recorder->started_ms();
    out_.rate_bytes = recorder->rate();
    out_.samples = recorder->samples();
    out_.lost = recorder->lost();
    out_.sums = recorder->sums();
    changes_ = before;
    follow(recorder->newest_site());
    out_.is_one_moment = is_settled(*before) && changes() == before;
    return std::move(out_);
  }

 private:
  using Changes = std::optional<std::uint32_t>;

  static bool is_settled(std::uint32_t changes) noexcept { return changes % 2 == 0; }

  // In order with what is read before and after it.
  Changes changes() const noexcept {
    std::uint32_t now = 0;
    std::atomic_thread_fence(std::memory_order_acquire);
    const bool is_read = peek_.copy(anchor_.changes, &now, sizeof now);
    std::atomic_thread_fence(std::memory_order_acquire);
    return is_read ? Changes{now} : std::nullopt;
  }

  void follow(const Site* at) {
    std::unordered_set<const Site*> met;
    while (at != nullptr) {
      SiteImage image;
      out_.is_cut_short = met.size() == Sites::kMost || !met.insert(at).second || !take_settled(at, image);
      if (out_.is_cut_short) return;
      keep(image);
      at = image.site->older;
    }
  }

  bool take_settled(const Site* at, SiteImage& image) {
    while (true) {
      const Changes before = changes_;
      if (!take(at, image)) return false;
      changes_ = changes();
      if (!changes_) return false;
      if (is_settled(*before) && changes_ == before) return true;
      if (more_tries_ == 0) break;
      --more_tries_;
    }
    ++out_.unsettled;
    return true;
  }

  bool take(const Site* at, SiteImage& image) const noexcept {
    if (!image.site.take(peek_, at)) return false;
    const std::span<const std::uintptr_t> frames = image.site->place.frames;
    return frames.size() <= image.frames.size() &&
           (frames.empty() || peek_.copy(frames.data(), image.frames.data(), frames.size_bytes()));
  }

  void keep(const SiteImage& image) {
    const profile::Place& place = image.site->place;
    const auto frames = image.frames.begin();
    const auto& stack =
        out_.stacks.emplace_back(frames, frames + static_cast<std::ptrdiff_t>(place.frames.size()));
    out_.sites.push_back(
        {{.pool = name(place.pool), .tag = name(place.tag), .thread = name(place.thread), .frames = stack},
         image.site->figures});
  }

  // One that cannot be read is none.
  const Name* name(const Name* at) {
    const auto [found, is_new] = names_.try_emplace(at, nullptr);
    Image<Name> image;
    if (!is_new || at == nullptr || !image.take(peek_, at)) return found->second;
    Name& kept = out_.names.emplace_back(*image);
    kept.next = nullptr;
    kept.number = static_cast<std::uint32_t>(out_.names.size() - 1);
    kept.text[profile::kNameMax] = '\0';
    return found->second = &kept;
  }

  const profile::ProfileAnchor& anchor_;
  const stats::Peek& peek_;
  Changes changes_{};  // when a site was read last
  std::size_t more_tries_ = kMoreTries;
  std::unordered_map<const Name*, const Name*> names_{};  // the process's, and ours
  LiveProfile out_{};
};

/// Moves the names of `other`, whose sites refer to them from then on.
void take_names(LiveProfile& profile, LiveProfile& other) {
  std::unordered_map<const Name*, const Name*> moved{{nullptr, nullptr}};
  for (const Name& name : other.names) {
    Name& kept = profile.names.emplace_back(name);
    kept.number = static_cast<std::uint32_t>(profile.names.size() - 1);
    moved[&name] = &kept;
  }
  for (ProfiledSite& site : other.sites) {
    for (const Name** name : {&site.place.pool, &site.place.tag, &site.place.thread}) *name = moved.at(*name);
  }
}

}  // namespace

std::optional<LiveProfile> live_profile(const profile::ProfileAnchor* at, const stats::Peek& peek) {
  profile::ProfileAnchor anchor;
  if (!read_anchor(peek, at, anchor)) return {};
  return Reader{anchor, peek}.read();
}

void join(LiveProfile& profile, LiveProfile other) {
  profile.started_ms = std::min(profile.started_ms, other.started_ms);
  profile.samples += other.samples;
  profile.lost += other.lost;
  for (const auto figures : {&profile::Figures::allocated, &profile::Figures::live, &profile::Figures::peak})
    profile.sums.*figures += other.sums.*figures;
  profile.sums.lifetime_ms += other.sums.lifetime_ms;
  take_names(profile, other);
  std::ranges::move(
      other.stacks,
      std::back_inserter(profile.stacks));  // a vector that is moved keeps its numbers where they are
  std::ranges::copy(other.sites, std::back_inserter(profile.sites));
  profile.is_one_moment = false;
  profile.is_cut_short |= other.is_cut_short;
  profile.unsettled += other.unsettled;
}

}  // namespace cenote::inspect
