/// How another process finds the tables of this one. Each module of a process, a program or a library, that
/// carries cenote has notes in its file (see "os/elf_note.hpp"): they lead to anchors, which lead to the
/// tables.
///
///     note -> anchor: | magic | layout | pointers ... |
///
/// The layout tells whether the reader was built from the same tables: what it cannot understand it must not
/// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <cenote/detail/cxx20.hpp>

namespace cenote::stats {

/// What an anchor begins with, in every version.
struct AnchorHead {
  static constexpr std::uint64_t kMagic = 0x726f'6863'6e61'6c63;  // "clnachor"

  std::uint64_t magic = kMagic;
  std::uint64_t layout = 0;
};

/// To be raised when tables change their meaning but not their sizes.
inline constexpr std::size_t kLayoutVersion = 2;

/// A number for tables of which these are sizes and the like: FNV-1a. Builds with other options, such as
/// checked ones, have others.
constexpr std::uint64_t layout_of(std::initializer_list<std::uint64_t> numbers) noexcept {
  constexpr std::uint64_t kBasis = 0xcbf2'9ce4'8422'2325, kPrime = 0x100'0000'01b3;
  std::uint64_t hash = (kBasis ^ kLayoutVersion) * kPrime;
  for (const std::uint64_t number : numbers) hash = (hash ^ number) * kPrime;
  return hash;
}

}  // namespace cenote::stats
