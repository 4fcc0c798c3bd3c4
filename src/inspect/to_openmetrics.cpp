// Source: https://github.com/OpenObservability/OpenMetrics, version 1.0.
#include <cenote/stats.hpp>

#include "base/text.hpp"

namespace cenote::stats {
namespace {

struct Family {
  Figure figure;
  std::string_view name;
  std::string_view unit;  // empty: none
  std::string_view help;
  bool counts_up = false;
};

constexpr Family kFamilies[] = {
    {Figure::live, "live_bytes", "bytes", "Bytes of blocks that the program has."},
    {Figure::internal_fragmentation, "internal_fragmentation_bytes", "bytes",
     "Bytes that these blocks are larger than what was asked for, as far as that is known."},
    {Figure::fragmentation_unknown, "fragmentation_unknown_bytes", "bytes",
     "Of the live bytes: those of which nobody knows whether so much was asked for."},
    {Figure::thread_caches, "thread_caches_bytes", "bytes",
     "Free blocks that one thread keeps, on their way home, or in quarantine."},
    {Figure::partial_slabs, "partial_slabs_bytes", "bytes", "Free blocks among used ones."},
    {Figure::empty_slabs, "empty_slabs_bytes", "bytes", "Memory free as a whole that still holds pages."},
    {Figure::orphans, "orphans_bytes", "bytes", "Free blocks in slabs that no thread owns."},
    {Figure::untouched, "untouched_bytes", "bytes",
     "Mapped without pages: never used, or given back to the system."},
    {Figure::metadata, "metadata_bytes", "bytes", "Tables and headers beside the blocks."},
    {Figure::reserved, "reserved_bytes", "bytes", "Addresses held."},
    {Figure::limit, "limit_bytes", "bytes", "The limit that the program has set; 0: none."},
    {Figure::blocks_in_use, "blocks_in_use", "", "Blocks that the program has."},
    {Figure::blocks_capacity, "blocks_capacity", "",
     "Blocks that there are; 0 where blocks have many sizes."},
    {Figure::blocks_peak, "blocks_peak", "", "The most blocks in use at a time; 0 where nobody counts."},
    {Figure::allocations, "allocations", "", "Blocks handed out; 0 where nobody counts.", true},
    {Figure::deallocations, "deallocations", "", "Blocks taken back; 0 where nobody counts.", true},
    {Figure::failures, "failures", "", "Calls that got no block.", true},
    {Figure::fragmentation_samples, "fragmentation_samples", "",
     "Blocks from which internal fragmentation is estimated; 0: it is counted, or unknown."},
};
static_assert(std::size(kFamilies) == kFigures);

std::string escaped(std::string_view label) {
  std::string text;
  text::as_utf8(label, [&](std::string_view character) {
    if (character == "\"" || character == "\\") text += '\\';
    text += character == "\n" ? "\\n" : character;
  });
  return text;
}

void describe(std::string& text, std::string_view name, std::string_view unit, std::string_view help,
              bool counts_up) {
  text.append("# TYPE cenote_").append(name).append(counts_up ? " counter\n" : " gauge\n");
  if (!unit.empty()) text.append("# UNIT cenote_").append(name).append(" ").append(unit).append("\n");
  text.append("# HELP cenote_").append(name).append(" ").append(help).append("\n");
}

/// Labels that all series of a process have, with a comma behind; of the process that looks at itself: none.
std::string labels_of(const ProcessSnapshot& process) {
  return "pid=\"" + std::to_string(process.snapshot.process_id) + "\",command=\"" + escaped(process.command) +
         "\",";
}

// Two pools may have one name: the index keeps their series apart.
void write(std::string& text, const Family& family, std::string_view labels, const Account& pool,
           std::size_t index) {
  text.append("cenote_").append(family.name).append(family.counts_up ? "_total" : "");
  text.append("{").append(labels).append("kind=\"").append(name_of(pool.kind));
  text.append("\",pool=\"").append(escaped(pool.name));
  text.append("\",index=\"").append(std::to_string(index)).append("\",borrows=\"");
  text.append(pool.borrows ? "true" : "false").append("\"} ");
  text.append(std::to_string(pool[family.figure])).append("\n");
}

/// What is of a process as a whole.
struct ProcessFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*bytes)(const Snapshot& snapshot);
};

constexpr ProcessFamily kProcessFamilies[] = {
    {"process_resident_bytes", "Memory of the process, as the system counts it.",
     [](const Snapshot& snapshot) { return snapshot.resident_bytes; }},
    {"process_other_bytes", "Resident bytes that no pool holds: code, stacks, files.",
     [](const Snapshot& snapshot) { return snapshot.other_bytes(); }},
};

void write(std::string& text, const ProcessFamily& family, std::string_view labels,
           const Snapshot& snapshot) {
  text.append("cenote_").append(family.name);
  if (!labels.empty()) text.append("{").append(labels.substr(0, labels.size() - 1)).append("}");
  text.append(" ").append(std::to_string(family.bytes(snapshot))).append("\n");
}

/// A process's figures and the labels they get.
struct Labelled {
  const Snapshot& snapshot;
  std::string labels;
};

// All series of a family stand together.
std::string write_all(const std::vector<Labelled>& processes) {
  std::string text;
  for (const Family& family : kFamilies) {
    describe(text, family.name, family.unit, family.help, family.counts_up);
    for (const auto& [snapshot, labels] : processes) {
      for (std::size_t i = 0; i < snapshot.pools.size(); ++i)
        write(text, family, labels, snapshot.pools[i], i);
    }
  }
  for (const ProcessFamily& family : kProcessFamilies) {
    describe(text, family.name, "bytes", family.help, false);
    for (const auto& [snapshot, labels] : processes) write(text, family, labels, snapshot);
  }
  return text += "# EOF\n";
}

}  // namespace

std::string to_openmetrics(const Snapshot& snapshot) { return write_all({{snapshot, ""}}); }

std::string to_openmetrics(std::span<const ProcessSnapshot> processes) {
  std::vector<Labelled> labelled;
  for (const ProcessSnapshot& process : processes) labelled.push_back({process.snapshot, labels_of(process)});
  return write_all(labelled);
}

}  // namespace cenote::stats
