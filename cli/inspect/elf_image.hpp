/// An ELF file as it is mapped, read from the memory of the process that has mapped it: its file may be gone,
/// or another by now.
///
/// Source  System V ABI, "Program Header", "Note Section".
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stats/peek.hpp"

namespace cenote::cli {

inline constexpr bool kIs64 = sizeof(void*) == 8;
using ElfSegment = std::conditional_t<kIs64, Elf64_Phdr, Elf32_Phdr>;

struct ElfImage {
  std::vector<ElfSegment> segments{};  // none: no ELF file that this program can read
  std::uintptr_t bias = 0;             // added to the addresses that the file speaks of
  bool is_foreign = false;             // of another word size than this program's

  /// What is mapped at `start`.
  static ElfImage read(const stats::Peek& peek, std::uintptr_t start);
};

struct ElfNote {
  std::string_view owner;  // with its zero at the end
  std::uint32_t type = 0;
  std::string_view content;
  std::uintptr_t address = 0;  // of the content
};

/// Calls `visit` for each note that can be read.
void for_each_note(const stats::Peek& peek, const ElfImage& image,
                   const std::function<void(const ElfNote&)>& visit);

}  // namespace cenote::cli
