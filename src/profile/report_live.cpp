#include <algorithm>
#include <cinttypes>

#include <cenote/heap_profile.hpp>

#include "base/print_error.hpp"
#include "base/text.hpp"
#include "os/modules.hpp"
#include "os/process.hpp"
#include "profile/picture.hpp"

namespace cenote::profile {
namespace {

constexpr std::size_t kSitesMax = 20;
using FrameText = text::Printable<2048>;  // names of C++ functions are long

/// A function's name as its programmer wrote it, where the process has a C++ run-time library that knows how.
class Readable {
 public:
  explicit Readable(const char* name) noexcept : name_{name} {
    using Demangle = char* (*)(const char*, char*, std::size_t*, int*);
    const auto demangle = reinterpret_cast<Demangle>(os::find_export("__cxa_demangle"));
    int status = 0;
    if (demangle != nullptr && name != nullptr) readable_ = demangle(name, nullptr, nullptr, &status);
  }
  ~Readable() {
    if (readable_ != nullptr) os::program_free(readable_);
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  const char* get() const noexcept {
    return readable_ != nullptr ? readable_ : name_ != nullptr ? name_ : "?";
  }

 private:
  const char* name_;
  char* readable_ = nullptr;
};

void print_label(const char* key, const Name* value) noexcept {
  if (value != nullptr && value->text[0] != '\0')
    print_error_format(", %s %s", key, text::Printable<>{value->text}.get());
}

void print_frame(const Picture& picture, std::uintptr_t address) noexcept {
  const std::size_t module = picture.module_of(address);
  print_error_format("    %s",
                     FrameText{Readable{picture.symbols()[picture.symbol_of(address)].name}.get()}.get());
  if (module != picture.modules().size()) {
    const os::Module& in = picture.modules()[module];
    print_error_format("  (%s+0x%" PRIxPTR ")", FrameText{in.path}.get(), address - in.bias);
  }
  print_error("\n");
}

/// "1 block", "2 blocks"
const char* plural(std::uint64_t count) noexcept { return count == 1 ? "" : "s"; }

// Of n bytes that were allocated a sample is missed with probability exp(-n / rate): 5 % at three times the
// rate.
void print_nothing_sampled(std::uint64_t rate) noexcept {
  print_error_format("cenote: not freed: nothing that was sampled; at one sample for each %" PRIu64
                     " bytes, leaks below about %" PRIu64
                     " bytes can escape: profile_rate=1 looks at every block\n",
                     rate, 3 * rate);
}

void print_sum(const Amount& live, std::size_t places, std::uint64_t rate) noexcept {
  if (rate != 1 && places == 0) return print_nothing_sampled(rate);
  print_error_format("cenote: not freed: %" PRIu64 " bytes in %" PRIu64 " block%s from %zu place%s; ",
                     live.bytes, live.blocks, plural(live.blocks), places, plural(places));
  if (rate == 1) {
    print_error("every block was looked at\n");
  } else {
    print_error_format("estimated from samples, one for each %" PRIu64
                       " bytes: profile_rate=1 looks at every block\n",
                       rate);
  }
}

void print_site(const Picture& picture, const SiteFigures& site) noexcept {
  const Amount live = site.figures.live.amount();
  print_error_format("cenote: %" PRIu64 " bytes in %" PRIu64 " block%s", live.bytes, live.blocks,
                     plural(live.blocks));
  print_label("pool", site.place->pool);
  print_label("thread", site.place->thread);
  print_label("tag", site.place->tag);
  print_error("\n");
  for (const std::uintptr_t frame : picture.without_allocator(site.place->frames))
    print_frame(picture, frame);
}

}  // namespace

void report_live() noexcept {
  const Inside inside;
  const Picture picture{g_recorder};
  if (!picture.complete()) return;
  const auto sites = picture.sites();
  std::sort(sites.begin(), sites.end(), [](const SiteFigures& one, const SiteFigures& other) {
    return one.figures.live.bytes > other.figures.live.bytes;
  });
  const auto holding = static_cast<std::size_t>(
      std::find_if(sites.begin(), sites.end(),
                   [](const SiteFigures& site) { return site.figures.live.blocks == 0; }) -
      sites.begin());
  const Totals all = totals();
  print_sum(all.live, holding, g_recorder.rate());
  if (all.lost != 0) print_error_format("cenote: %" PRIu64 " samples are missing: no room\n", all.lost);
  for (const SiteFigures& site : sites.first(std::min(holding, kSitesMax))) print_site(picture, site);
  if (holding > kSitesMax)
    print_error_format("cenote: and %zu more place%s\n", holding - kSitesMax, plural(holding - kSitesMax));
}

}  // namespace cenote::profile
