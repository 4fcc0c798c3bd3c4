#include "module_tables.hpp"

namespace cenote::cli {
namespace {

using inspect::AnchorType;

/// Reads an anchor's head first: what follows is another's business when the layout is another.
template <class Anchor>
Fit read_anchor(const stats::Peek& peek, std::uintptr_t address, Anchor& anchor) {
  const auto* const at = reinterpret_cast<const void*>(address);
  stats::AnchorHead head;
  if (!peek.read(at, head) || head.magic != stats::AnchorHead::kMagic) return Fit::nothing;
  if (head.layout != Anchor::kLayout) return Fit::other_layout;
  return peek.read(at, anchor) ? Fit::fits : Fit::nothing;
}

// A pointer that is null has not been relocated.
Fit take_note(const stats::Peek& peek, const ModuleNote& note, inspect::ModuleTables& tables) {
  Fit fit = Fit::nothing;
  if (stats::Listings listings; note.type == AnchorType::listings) {
    fit = read_anchor(peek, note.anchor, listings);
    if (fit == Fit::fits) tables.listings = reinterpret_cast<const stats::Listings*>(note.anchor);
  } else if (BackingAnchor backing; note.type == AnchorType::backing) {
    fit = read_anchor(peek, note.anchor, backing);
    if (fit == Fit::fits && backing.backing == nullptr) return Fit::nothing;
    if (fit == Fit::fits) tables.backing = reinterpret_cast<const BackingAnchor*>(note.anchor);
  } else if (HeapAnchor heaps; note.type == AnchorType::heaps) {
    fit = read_anchor(peek, note.anchor, heaps);
    if (fit == Fit::fits && heaps.process == nullptr) return Fit::nothing;
    if (fit == Fit::fits) tables.heaps = reinterpret_cast<const HeapAnchor*>(note.anchor);
  } else if (profile::ProfileAnchor profile; note.type == AnchorType::profile) {
    fit = read_anchor(peek, note.anchor, profile);
    if (fit == Fit::fits && profile.recorder == nullptr) return Fit::nothing;
    if (fit == Fit::fits) tables.profile = reinterpret_cast<const profile::ProfileAnchor*>(note.anchor);
  }
  return fit;
}

}  // namespace

FoundTables find_tables(const stats::Peek& peek, const MappedModule& module, const ModuleNotes& notes) {
  FoundTables found{.tables = {.name = module.name()}};
  for (const ModuleNote& note : notes.notes) {
    const Fit fit = take_note(peek, note, found.tables);
    if (fit == Fit::other_layout) return {.fit = fit, .tables = {.name = module.name()}};
    if (fit == Fit::fits) found.fit = fit;
  }
  return found;
}

bool holds_anything(const stats::Peek& peek, const inspect::ModuleTables& tables) {
  if (tables.backing != nullptr) return true;
  stats::Listings listings;
  return tables.listings != nullptr && peek.read(tables.listings, listings) && listings.first != nullptr;
}

}  // namespace cenote::cli
