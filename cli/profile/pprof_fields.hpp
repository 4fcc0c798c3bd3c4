/// The numbers of the fields of pprof's messages, for readers and writers of it.
///
/// Source  github.com/google/pprof, proto/profile.proto
#pragma once

#include <cstdint>
#include <protozero/types.hpp>

namespace cenote::cli::pprof {

using Tag = protozero::pbf_tag_type;

/// What a field is told by: its number and what it is. Fields of a known number that are something else are
/// passed over as unknown ones.
constexpr std::uint32_t number(Tag tag) noexcept {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr std::uint32_t text(Tag tag) noexcept {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr std::uint32_t message(Tag tag) noexcept { return text(tag); }
constexpr std::uint32_t packed(Tag tag) noexcept { return text(tag); }

namespace profile {
inline constexpr Tag kSampleType = 1, kSample = 2, kMapping = 3, kLocation = 4, kFunction = 5, kString = 6,
                     kTime = 9, kDuration = 10, kPeriodType = 11, kPeriod = 12, kComment = 13,
                     kDefaultType = 14;
}
namespace value_type {
inline constexpr Tag kType = 1, kUnit = 2;
}
namespace sample {
inline constexpr Tag kLocation = 1, kValue = 2, kLabel = 3;
}
namespace label {
inline constexpr Tag kKey = 1, kText = 2, kNumber = 3, kUnit = 4;
}
namespace mapping {
inline constexpr Tag kId = 1, kStart = 2, kEnd = 3, kOffset = 4, kFile = 5, kBuildId = 6, kHasFunctions = 7,
                     kHasFiles = 8, kHasLines = 9, kHasInlined = 10;
}
namespace location {
inline constexpr Tag kId = 1, kMapping = 2, kAddress = 3, kLine = 4;
}
namespace line {
inline constexpr Tag kFunction = 1, kLine = 2;
}
namespace function {
inline constexpr Tag kId = 1, kName = 2, kSystemName = 3, kFile = 4;
}

}  // namespace cenote::cli::pprof
