// There is one thread, which ends with the program.

#include "os/thread.hpp"

namespace cenote::os {

bool ThreadExit::install(Callback) noexcept { return true; }
void ThreadExit::arm() noexcept {}
void yield_thread() noexcept {}
bool start_background_thread(void (*)() noexcept, const char*) noexcept { return false; }
bool BackgroundThread::start(Body, void*, const char*) noexcept { return false; }
void BackgroundThread::join() noexcept {}

std::uint64_t thread_id() noexcept { return 0; }

std::size_t thread_name(std::span<char> room) noexcept {
  room[0] = '\0';
  return 0;
}

}  // namespace cenote::os
