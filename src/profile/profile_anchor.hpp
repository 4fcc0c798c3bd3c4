/// Where the record of a process is found by who looks at it, from inside or from another process.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/anchor.hpp>

#include "profile/recorder.hpp"

namespace cenote::profile {

/// Plain data. The record, its sites and its names live as long as the process, and sites and names stay where they are.
struct ProfileAnchor {
  static constexpr std::uint64_t kLayout = stats::layout_of(
      {sizeof(Recorder), sizeof(Site), sizeof(Name), Recorder::kFramesMax, kNameMax, Sites::kMost});

  stats::AnchorHead head{.layout = kLayout};
  const Recorder* recorder = nullptr;
  const std::atomic<std::uint32_t>* changes = nullptr;  // of the recorder
};

extern constinit const ProfileAnchor g_profile_anchor;

}  // namespace cenote::profile
