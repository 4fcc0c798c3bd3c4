#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <cenote/detail/check.hpp>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

enum class Answer : std::uint8_t { unknown, yes, no };
constinit std::atomic<Answer> g_available{Answer::unknown};

bool membarrier(int command) noexcept {
  const int saved = errno;
  const bool done = ::syscall(__NR_membarrier, command, 0U, 0) == 0;
  errno = saved;
  return done;
}

bool enlist() noexcept { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

}  // namespace

bool process_fence_available() noexcept {
  Answer answer = g_available.load(std::memory_order_relaxed);
  if (answer == Answer::unknown) {
    answer = enlist() ? Answer::yes : Answer::no;
    g_available.store(answer, std::memory_order_relaxed);
  }
  return answer == Answer::yes;
}

// The child of a fork may have to enlist anew.
void process_fence() noexcept {
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  CENOTE_CHECK(enlist() && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED), "the system took membarrier away");
}

}  // namespace cenote::os
