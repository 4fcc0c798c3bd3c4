/// The heap profile that a process makes, read while it makes it: no signal, no file, and nothing in the
/// process runs or waits for it.
///
///     anchor -> recorder -> newest site -> older site -> ...        site -> frames, names
///
/// What is guaranteed while the process goes on: a site's figures belong together, as they were at one
/// moment, though the next site's moment is a later one. Where a site is changed all the time, or the process
/// was stopped in the middle of a change, its words are taken as they are, and the site is counted as
/// unsettled. What makes no sense ends the reading, and what was read until then counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "profile/recorder.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {

/// Samples of one call stack and one set of labels. Refers to the names and frames of its LiveProfile.
struct ProfiledSite {
  profile::Place place{};
  profile::Figures figures{};
};

/// Move-only: a copy's sites would refer to the original.
struct LiveProfile {
  LiveProfile() = default;
  LiveProfile(LiveProfile&&) = default;
  LiveProfile& operator=(LiveProfile&&) = default;

  std::uint64_t started_ms = 0;  // of os::coarse_milliseconds(), one clock for all processes
  std::uint64_t rate_bytes = 0;
  std::uint64_t samples = 0, lost = 0;
  profile::Figures sums{};                           // of all sites, as the recorder adds them up
  std::deque<profile::Name> names{};                 // by their numbers
  std::deque<std::vector<std::uintptr_t>> stacks{};  // of the sites
  std::vector<ProfiledSite> sites{};

  bool is_one_moment = false;  // nothing was changed from the first byte that was read to the last
  bool is_cut_short = false;   // the list leads nowhere, or in a circle
  std::size_t unsettled = 0;   // sites
};

/// Of the module whose anchor is at that address of the process. Empty when it makes no profile, or cannot be
/// read.
///
/// Throws std::bad_alloc. Complexity O(sites): two copies for each.
std::optional<LiveProfile> live_profile(const profile::ProfileAnchor* at, const stats::Peek& peek);

/// Adds what another module of the same process has.
void join(LiveProfile& profile, LiveProfile other);

}  // namespace cenote::inspect
