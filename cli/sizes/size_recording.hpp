/// Has the replacement record the sizes that a program asks for.
#pragma once

#include <optional>

#include "../process/environment.hpp"
#include "../process/temporary.hpp"
#include "size_counts.hpp"

namespace cenote::cli {

/// A folder for the counters of one run, while it lives.
class SizeRecording {
 public:
  /// `environment` with the option that makes the replacement write here.
  [[nodiscard]] Environment applied_to(Environment environment) const;
  /// The counters so far; none when nothing was recorded, as under a library that cannot.
  [[nodiscard]] std::optional<SizeCounts> counts() const;

 private:
  TemporaryFolder folder_;
};

}  // namespace cenote::cli
