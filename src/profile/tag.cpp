#include <atomic>

#include <cenote/heap_profile.hpp>

#include "os/modules.hpp"
#include "profile/recorder.hpp"

namespace cenote {
namespace {

/// What the malloc replacement exports for us, since it has a profiler of its own.
using TellMalloc = void (*)(const char* name);

TellMalloc tell_malloc() noexcept {
  static constinit std::atomic<TellMalloc> known{nullptr};
  static constinit std::atomic<bool> asked{false};
  if (!asked.load(std::memory_order_acquire)) {
    known.store(reinterpret_cast<TellMalloc>(os::find_export("cenote_malloc_tag")),
                std::memory_order_relaxed);
    asked.store(true, std::memory_order_release);
  }
  return known.load(std::memory_order_relaxed);
}

void set(const profile::Name* name) noexcept {
  profile::t_tag = name;
  if (const TellMalloc tell = tell_malloc()) tell(name == nullptr ? nullptr : name->text);
}

}  // namespace

Tag::Tag(std::string_view name) noexcept : before_{profile::t_tag} {
  set(profile::g_recorder.keep_name(name));
}

Tag::~Tag() { set(before_); }

}  // namespace cenote
