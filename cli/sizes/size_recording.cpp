#include "size_recording.hpp"

namespace cenote::cli {

Environment SizeRecording::applied_to(Environment environment) const {
  return with_cenote_option(std::move(environment), "record_sizes=" + folder_.path());
}

std::optional<SizeCounts> SizeRecording::counts() const {
  SizeCounts counts = merge_size_files(folder_.path());
  if (counts.total() == 0) return std::nullopt;
  return counts;
}

}  // namespace cenote::cli
