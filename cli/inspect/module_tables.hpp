/// From the modules of a process to the tables that their notes lead to.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "inspect/remote_tables.hpp"
#include "mapped_modules.hpp"
#include "module_notes.hpp"
#include "stats/peek.hpp"

namespace cenote::cli {

enum class Fit : std::uint8_t {
  fits,
  nothing,       // no notes, or a file that is mapped as data, or not yet linked
  other_layout,  // of another build: its tables must not be read
};

/// The tables that a module's notes lead to.
struct FoundTables {
  Fit fit = Fit::nothing;
  inspect::ModuleTables tables{};
};

FoundTables find_tables(const stats::Peek& peek, const MappedModule& module, const ModuleNotes& notes);

/// Whether there is anything to show: a heap, or a pool with a name.
bool holds_anything(const stats::Peek& peek, const inspect::ModuleTables& tables);

}  // namespace cenote::cli
