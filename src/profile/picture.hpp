/// All that a record holds at one moment, with the names of functions: what every rendering is made of.
#pragma once

#include <cstdint>
#include <span>

#include "os/modules.hpp"
#include "profile/mapped.hpp"
#include "profile/recorder.hpp"

namespace cenote::profile {

struct SiteFigures {
  const Place* place;
  Figures figures;
};

/// A call stack without the calls inside the allocator, at the inner end.
using Frames = std::span<const std::uintptr_t>;

class Picture {
 public:
  /// Of this process.
  /// Complexity  O(frames log frames + symbols log frames); reads the files of the modules that have frames.
  explicit Picture(Recorder& recorder) noexcept;
  /// Of what was read from a process whose code these modules are. `names` are by their numbers; the places
  /// live longer than the picture.
  Picture(std::span<const SiteFigures> sites, std::span<const Name* const> names,
          std::span<const os::Module> modules) noexcept;
  ~Picture();
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  /// False: there was no memory for it.
  bool complete() const noexcept { return complete_; }
  std::span<SiteFigures> sites() const noexcept { return sites_.first(site_count_); }
  std::span<const os::Module> modules() const noexcept { return modules_.first(module_count_); }
  /// Each address of a frame once, in order.
  std::span<const os::Symbol> symbols() const noexcept { return symbols_.first(symbol_count_); }
  /// Names by their numbers.
  std::span<const Name* const> names() const noexcept { return names_.first(name_count_); }

  /// Where in symbols() an address is, that is in a frame.
  std::size_t symbol_of(std::uintptr_t address) const noexcept;
  /// Where in modules(); their count when in none.
  std::size_t module_of(std::uintptr_t address) const noexcept;
  Frames without_allocator(Frames frames) const noexcept;

 private:
  void take_sites(Recorder& recorder) noexcept;
  void take_modules() noexcept;
  void name_all() noexcept;
  void collect_addresses() noexcept;
  void name_addresses() noexcept;

  Mapped<SiteFigures> sites_{};
  Mapped<const Name*> names_{};
  Mapped<os::Module> modules_{};
  Mapped<os::Symbol> symbols_{};
  Mapped<unsigned char> files_{};  // room for the os::SymbolFile of each module, which have the names
  std::size_t site_count_ = 0, name_count_ = 0, module_count_ = 0, symbol_count_ = 0, file_count_ = 0;
  bool complete_ = false;
};

}  // namespace cenote::profile
