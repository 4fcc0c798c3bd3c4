/// What the tables of another process say: the same census and the same list as in this one, read while it
/// goes on, without a lock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <cenote/detail/listing.hpp>
#include <cenote/stats.hpp>

#include "heap/heap_core.hpp"
#include "profile/recorder.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {

/// What a module's notes lead to: addresses in the process that is looked at; null where it has no such
/// thing.
struct ModuleTables {
  std::string name;  // of the program or library
  const stats::Listings* listings = nullptr;
  const BackingAnchor* backing = nullptr;
  const HeapAnchor* heaps = nullptr;
  const profile::ProfileAnchor* profile = nullptr;
};

/// What is to be known of the module's heaps for a heap map; none when it has no units of memory, or is gone.
std::optional<HeapAnchor> heap_anchor(const ModuleTables& module, const stats::Peek& peek) noexcept;

/// The numbers of notes, as they lie in the file.
enum class AnchorType : std::uint32_t { listings = 1, backing = 2, heaps = 3, profile = 4 };

/// `steady` copies each byte at most once, however often it is read: tables then agree with each other more,
/// and many small reads cost few system calls. `fresh` tells whether something has changed since.
struct Peeks {
  const stats::Peek& steady;
  const stats::Peek& fresh;
};

enum class Reading : std::uint8_t {
  whole,
  torn,       // something moved meanwhile: try again
  not_there,  // the anchors are gone: the process has ended, or runs another program
};

/// Fills in `pools` and `process`. Where several modules have heaps, theirs are told apart by the modules'
/// names. When torn, the snapshot holds what could be read, and still adds up.
///
/// Complexity  as stats::snapshot(), and a system call for each page that is read.
Reading read_tables(std::span<const ModuleTables> modules, const Peeks& peeks, stats::Snapshot& snapshot);

}  // namespace cenote::inspect
