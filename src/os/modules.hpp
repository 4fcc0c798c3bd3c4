/// The program and the libraries that it has loaded: where their code lies, and what its functions are
/// called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os {

/// One executable segment of a file, as it is mapped. A file that has several is several of these.
struct Module {
  std::uintptr_t start = 0, end = 0;  // of its code
  std::uintptr_t bias = 0;            // added to the addresses that its file speaks of
  std::uint64_t file_offset = 0;      // of `start`
  char path[512] = {};
  char build_id[65] = {};  // hexadecimal; empty: it has none
};

/// Fills `room` and returns the number of entries. Takes the loader's lock. 0 where the platform has no
/// modules that we can read.
std::size_t list_modules(std::span<Module> room) noexcept;

/// The segment that holds this function; empty where modules cannot be listed.
Module own_module() noexcept;

/// What some module of the process exports under `name`; null when none does, and where modules cannot be
/// asked.
void* find_export(const char* name) noexcept;

/// A function whose name is wanted.
struct Symbol {
  std::uintptr_t address = 0;
  const char* name = nullptr;  // of the function that has the address; null: not known
};

/// The symbol table of a module's file, which stays mapped as long as this lives.
class SymbolFile {
 public:
  explicit SymbolFile(const Module& module) noexcept;
  ~SymbolFile();
  SymbolFile(const SymbolFile&) = delete;
  SymbolFile& operator=(const SymbolFile&) = delete;

  /// Names those of `wanted`, sorted by address, that lie in functions of the module. Names live as long as
  /// this.
  void name(std::span<Symbol> wanted) const noexcept;

 private:
  // A platform without such tables uses none of them.
  [[maybe_unused]] std::uintptr_t bias_ = 0;
  [[maybe_unused]] const std::byte* file_ = nullptr;
  [[maybe_unused]] std::size_t bytes_ = 0;
};

/// Whether call_stack knows anything here.
extern const bool kHasCallStacks;

/// Room for more frames than this is not filled.
inline constexpr std::size_t kCallStackMax = 65;

/// Fills `frames`, innermost first, and returns how many; each lies inside its call instruction, so that it
/// names the caller's line. Takes no lock and allocates nothing. 0 where kHasCallStacks is false.
std::size_t call_stack(std::span<std::uintptr_t> frames) noexcept;

}  // namespace cenote::os
