#include "pool_support/pass_through.hpp"

#include <atomic>

#include "os/process.hpp"

namespace cenote {
namespace {

enum class Wish : int { unread, no, yes };
constinit std::atomic<Wish> g_wish{Wish::unread};  // threads that read the environment at once find the same

Wish read_wish() noexcept {
  if (!os::environment_ready()) return Wish::unread;
  const char* const value = os::environment("CENOTE_PASS_THROUGH");
  const Wish wish = value != nullptr && value[0] == '1' && value[1] == '\0' ? Wish::yes : Wish::no;
  g_wish.store(wish, std::memory_order_relaxed);
  return wish;
}

}  // namespace

bool passes_through(bool asked_for) noexcept {
  if (asked_for) return true;
  const Wish wish = g_wish.load(std::memory_order_relaxed);
  return (wish == Wish::unread ? read_wish() : wish) == Wish::yes;
}

}  // namespace cenote
