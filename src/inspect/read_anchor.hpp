/// Reads an anchor that a note led to.
#pragma once

#include <cenote/detail/anchor.hpp>

#include "stats/peek.hpp"

namespace cenote::inspect {

/// Copies it; false when it is not one of this build's.
template <class Anchor>
bool read_anchor(const stats::Peek& peek, const Anchor* at, Anchor& anchor) noexcept {
  return peek.read(at, anchor) && anchor.head.magic == stats::AnchorHead::kMagic &&
         anchor.head.layout == Anchor::kLayout;
}

}  // namespace cenote::inspect
