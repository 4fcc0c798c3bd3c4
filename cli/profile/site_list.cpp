#include "site_list.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "../text/quoting.hpp"
#include "../text/units.hpp"

namespace cenote::cli {
namespace {

/// Which of a sample's values are which.
struct Columns {
  std::size_t blocks = 0, bytes = 0, allocated_blocks = 0, allocated_bytes = 0;

  explicit Columns(const HeapSamples& profile) {
    for (std::size_t i = 0; i < profile.types.size(); ++i) {
      const std::string& type = profile.types[i].type;
      if (type == "inuse_objects") blocks = i;
      if (type == "inuse_space") bytes = i;
      if (type == "alloc_objects") allocated_blocks = i;
      if (type == "alloc_space") allocated_bytes = i;
    }
  }
};

std::string amount(std::int64_t bytes, std::int64_t blocks) {
  return fmt::format("{} in {} blocks", format_bytes(static_cast<double>(bytes)),
                     format_count(static_cast<double>(blocks)));
}

std::int64_t sum(const HeapSamples& profile, std::size_t column) {
  std::int64_t sum = 0;
  for (const HeapSample& sample : profile.samples) sum += sample.values[column];
  return sum;
}

void append_site(std::string& text, const HeapSamples& profile, const HeapSample& sample,
                 const Columns& columns) {
  const auto& values = sample.values;
  text += fmt::format("\n{}; allocated {}", amount(values[columns.bytes], values[columns.blocks]),
                      amount(values[columns.allocated_bytes], values[columns.allocated_blocks]));
  for (const Label& label : sample.labels)
    text += ", " + printable(fmt::format("{} {}", label.key, label.value));
  text += '\n';
  const std::vector<std::uint32_t> innermost_first(sample.stack.rbegin(), sample.stack.rend());
  for (const std::uint32_t number : innermost_first) {
    const Frame& frame = profile.frames[number];
    const std::string where =
        frame.file.empty() ? frame.module : fmt::format("{}:{}", frame.file, frame.line);
    text += "    " +
            printable(where.empty() ? frame.function : fmt::format("{}  ({})", frame.function, where)) + '\n';
  }
}

std::string headline(const HeapSamples& profile, const Columns& columns) {
  const std::string how = profile.period == 1 ? "every block was looked at"
                                              : fmt::format("estimated from samples, one for each {}",
                                                            format_size(static_cast<double>(profile.period)));
  return fmt::format("in use: {}; {}\n", amount(sum(profile, columns.bytes), sum(profile, columns.blocks)),
                     how);
}

}  // namespace

std::string site_list(const HeapSamples& profile) {
  const Columns columns{profile};
  std::vector<const HeapSample*> holding;
  for (const HeapSample& sample : profile.samples) {
    if (sample.values[columns.blocks] != 0) holding.push_back(&sample);
  }
  std::ranges::stable_sort(holding, std::greater{},
                           [&](const HeapSample* sample) { return sample->values[columns.bytes]; });
  std::string text = headline(profile, columns);
  for (std::size_t i = 0; i < std::min(holding.size(), kSitesListed); ++i)
    append_site(text, profile, *holding[i], columns);
  if (holding.size() > kSitesListed)
    text += fmt::format("\nand {} more sites\n", holding.size() - kSitesListed);
  for (const std::string& comment : profile.comments) text += fmt::format("\n{}\n", printable(comment));
  return text;
}

}  // namespace cenote::cli
