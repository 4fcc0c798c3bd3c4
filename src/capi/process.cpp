#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/cenote.h>
#include <cenote/detail/lock.hpp>
#include <cenote/handlers.hpp>
#include <cenote/limits.hpp>
#include <cenote/result.hpp>
#include <cenote/version.hpp>

#include "base/text.hpp"
#include "capi/arguments.hpp"
#include "capi/objects.hpp"
#include "inspect/process_json.hpp"

namespace cenote::capi {
namespace {

static_assert(CENOTE_ZERO_SIZE == to_c(AllocError::zero_size) &&
              CENOTE_TOO_LARGE == to_c(AllocError::too_large) &&
              CENOTE_BAD_ALIGNMENT == to_c(AllocError::bad_alignment) &&
              CENOTE_EXHAUSTED == to_c(AllocError::exhausted) &&
              CENOTE_LIMIT_REACHED == to_c(AllocError::limit_reached) &&
              CENOTE_OUT_OF_MEMORY == to_c(AllocError::out_of_memory) &&
              CENOTE_FOREIGN_BLOCK == to_c(AllocError::foreign_block) &&
              CENOTE_DOUBLE_FREE == to_c(AllocError::double_free) &&
              CENOTE_SIZE_MISMATCH == to_c(AllocError::size_mismatch) &&
              CENOTE_BAD_OPTION == to_c(AllocError::bad_option) &&
              CENOTE_UNSUPPORTED == to_c(AllocError::unsupported));

/// A handler and the user's pointer, which change together: the pair of version v lies in slot v % 2. A
/// reader that is overtaken by two changes reads again; it never waits, so a misuse in a signal handler can
/// interrupt a change.
template <class Handler>
class Pair {
 public:
  /// Under lock().
  void set(Handler handler, void* user) noexcept {
    const std::uint32_t version = version_.load(std::memory_order_relaxed) + 1;
    Slot& slot = slots_[version % 2];
    slot.handler.store(handler, std::memory_order_release);
    slot.user.store(user, std::memory_order_release);
    version_.store(version, std::memory_order_release);
  }

  /// Calls handler(arguments..., user).
  template <class... A>
  void call(A... arguments) const noexcept {
    for (;;) {
      const std::uint32_t version = version_.load(std::memory_order_acquire);
      const Slot& slot = slots_[version % 2];
      // Acquire: a value of version + 2 comes with the store of version + 1, which the last line then sees.
      const Handler handler = slot.handler.load(std::memory_order_acquire);
      void* const user = slot.user.load(std::memory_order_acquire);
      if (version_.load(std::memory_order_relaxed) == version) return handler(arguments..., user);
    }
  }

 private:
  struct Slot {
    std::atomic<Handler> handler{nullptr};
    std::atomic<void*> user{nullptr};
  };

  Slot slots_[2];                          // written under lock()
  std::atomic<std::uint32_t> version_{0};  // written under lock()
};

constinit Pair<cenote_misuse_handler> g_misuse{};
constinit Pair<cenote_leak_handler> g_leak{};

void tell_misuse(const Misuse& misuse) noexcept {
  const cenote_misuse told{to_c(misuse.error), misuse.address, misuse.pool};
  g_misuse.call(&told);
}

void tell_leak(std::string_view pool, std::size_t blocks) noexcept {
  char name[64];  // names of pools are cut at 63 bytes
  text::copy(pool, name);
  g_leak.call(static_cast<const char*>(name), blocks);
}

}  // namespace
}  // namespace cenote::capi

using namespace cenote;
using namespace cenote::capi;

const char* cenote_version() noexcept { return version(); }

const char* cenote_error_string(cenote_error error) noexcept {
  constexpr unsigned kErrors = CENOTE_UNSUPPORTED + 1;
  if (!is_enumerator(error, kErrors)) return "unknown";
  return error == CENOTE_OK ? "ok" : to_string(static_cast<AllocError>(error));
}

void cenote_set_process_limit(size_t bytes) noexcept { set_process_limit(bytes); }

size_t cenote_stats_json(char* out, size_t size) noexcept {
  if (out == nullptr && size != 0)
    return report_bad_argument("cenote_stats_json: out is null, but size is not 0"), 0;
  return inspect::write_process_json({out, size});
}

void cenote_set_misuse_handler(cenote_misuse_handler handler, void* user) noexcept {
  const os::LockGuard guard{lock()};
  if (handler != nullptr) g_misuse.set(handler, user);
  set_misuse_handler(handler != nullptr ? &tell_misuse : nullptr);
}

void cenote_set_leak_handler(cenote_leak_handler handler, void* user) noexcept {
  const os::LockGuard guard{lock()};
  if (handler != nullptr) g_leak.set(handler, user);
  set_leak_handler(handler != nullptr ? &tell_leak : nullptr);
}
