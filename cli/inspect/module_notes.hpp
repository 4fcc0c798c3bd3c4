/// Cenote's notes in a module (src/os/elf_note.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "inspect/remote_tables.hpp"
#include "stats/peek.hpp"

namespace cenote::cli {

/// One of cenote's notes: where it leads to.
struct ModuleNote {
  inspect::AnchorType type{};
  std::uintptr_t anchor = 0;
};

struct ModuleNotes {
  std::vector<ModuleNote> notes{};
  bool is_foreign = false;  // an ELF file of another word size than this program's
};

/// Of the module that is mapped at `start`. None for what is no ELF file, or cannot be read.
ModuleNotes read_notes(const stats::Peek& peek, std::uintptr_t start);

}  // namespace cenote::cli
