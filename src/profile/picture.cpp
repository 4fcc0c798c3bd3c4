#include "profile/picture.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace cenote::profile {
namespace {

constexpr std::size_t kModulesMax = 1024;
constexpr const char* kCutName = "[callers beyond 64 frames]";
static_assert(Recorder::kFramesMax == 64 + 1, "kCutName says how many frames there are");

/// Functions of ours, and the entry points of malloc: an allocation is its caller's.
bool is_allocator(const char* name) noexcept {
  if (name == nullptr) return false;
  const std::string_view text{name};
  for (const std::string_view start :
       {"_ZN6cenote", "_ZNK6cenote", "_ZZN6cenote", "_ZZNK6cenote", "_Znw", "_Zna"}) {
    if (text.starts_with(start)) return true;
  }
  constexpr std::array kEntries{"malloc",         "calloc",        "realloc", "reallocarray", "memalign",
                                "posix_memalign", "aligned_alloc", "valloc",  "pvalloc"};
  return std::ranges::find(kEntries, text) != kEntries.end();
}

bool by_address(const os::Symbol& one, const os::Symbol& other) noexcept {
  return one.address < other.address;
}

/// Empty when the system refused memory.
template <class T>
Mapped<T> copy_of(std::span<const T> items) noexcept {
  Mapped<T> copy{items.size()};
  if (copy) std::ranges::copy(items, copy.data());
  return copy;
}

}  // namespace

Picture::Picture(Recorder& recorder) noexcept {
  take_sites(recorder);
  take_modules();
  name_all();
}

Picture::Picture(std::span<const SiteFigures> sites, std::span<const Name* const> names,
                 std::span<const os::Module> modules) noexcept
    : sites_{copy_of(sites)},
      names_{copy_of(names)},
      modules_{copy_of(modules)},
      site_count_{sites.size()},
      name_count_{names.size()},
      module_count_{modules.size()} {
  name_all();
}

void Picture::take_modules() noexcept {
  modules_ = Mapped<os::Module>{kModulesMax};
  if (modules_) module_count_ = os::list_modules(modules_.first(kModulesMax));
}

void Picture::name_all() noexcept {
  complete_ = sites_ && names_ && modules_;
  if (!complete_) return;
  files_ = Mapped<unsigned char>{module_count_ * sizeof(os::SymbolFile)};
  collect_addresses();
  complete_ = files_ && symbols_;
  if (complete_) name_addresses();
}

Picture::~Picture() {
  auto* const files = reinterpret_cast<os::SymbolFile*>(files_.data());
  for (std::size_t i = 0; i < file_count_; ++i) std::destroy_at(files + i);
}

// Memory cannot be had under the record's lock; what comes meanwhile is left out.
void Picture::take_sites(Recorder& recorder) noexcept {
  sites_ = Mapped<SiteFigures>{recorder.site_count()};
  names_ = Mapped<const Name*>{name_count_ = recorder.name_count()};
  recorder.for_each(
      [&](const Site& site) {
        if (site_count_ < sites_.size()) sites_[site_count_++] = {&site.place, site.figures};
      },
      [&](const Name& name) {
        if (name.number < names_.size()) names_[name.number] = &name;
      });
}

void Picture::collect_addresses() noexcept {
  std::size_t frames = 0;
  for (const SiteFigures& site : sites()) frames += site.place->frames.size();
  symbols_ = Mapped<os::Symbol>{frames};
  if (!symbols_) return;
  os::Symbol* end = symbols_.begin();
  for (const SiteFigures& site : sites()) {
    for (const std::uintptr_t frame : site.place->frames) *end++ = {frame, nullptr};
  }
  std::sort(symbols_.begin(), end, by_address);
  end = std::unique(symbols_.begin(), end, [](const os::Symbol& one, const os::Symbol& other) {
    return one.address == other.address;
  });
  symbol_count_ = static_cast<std::size_t>(end - symbols_.begin());
  if (symbol_count_ != 0 && (end - 1)->address == kCutHere) (end - 1)->name = kCutName;
}

void Picture::name_addresses() noexcept {
  std::sort(modules_.begin(), modules_.begin() + module_count_,
            [](const os::Module& one, const os::Module& other) { return one.start < other.start; });
  const std::span<os::Symbol> all = symbols_.first(symbol_count_);
  auto* const files = reinterpret_cast<os::SymbolFile*>(files_.data());
  for (const os::Module& module : modules()) {
    const auto first =
        std::lower_bound(all.begin(), all.end(), os::Symbol{module.start, nullptr}, by_address);
    const auto last = std::lower_bound(first, all.end(), os::Symbol{module.end, nullptr}, by_address);
    if (first == last) continue;
    std::construct_at(files + file_count_, module)->name({first, last});
    ++file_count_;
  }
}

std::size_t Picture::symbol_of(std::uintptr_t address) const noexcept {
  const auto all = symbols();
  return static_cast<std::size_t>(
      std::lower_bound(all.begin(), all.end(), os::Symbol{address, nullptr}, by_address) - all.begin());
}

std::size_t Picture::module_of(std::uintptr_t address) const noexcept {
  const auto all = modules();
  const auto behind =
      std::upper_bound(all.begin(), all.end(), address,
                       [](std::uintptr_t wanted, const os::Module& module) { return wanted < module.start; });
  if (behind == all.begin() || address >= (behind - 1)->end) return all.size();
  return static_cast<std::size_t>(behind - 1 - all.begin());
}

// Where all of it is ours, or has no names, it stays whole.
Frames Picture::without_allocator(Frames frames) const noexcept {
  std::size_t ours = 0;
  while (ours < frames.size() && is_allocator(symbols()[symbol_of(frames[ours])].name)) ++ours;
  return ours == frames.size() ? frames : frames.subspan(ours);
}

}  // namespace cenote::profile
