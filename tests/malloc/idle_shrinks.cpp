/// A process that has freed 360 MB and then does nothing gives it back within 4 s, by a thread that takes no
/// signals.
#include <dirent.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// By the kernel's account in kB: its pages are not those that an emulator shows.
std::size_t resident_bytes() {
  std::size_t kilobytes = 0;
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "VmRSS: %zu", &kilobytes) == 1) break;
  }
  std::fclose(file);
  return kilobytes == 0 ? SIZE_MAX : kilobytes * 1024;
}

/// The blocked signals of the thread of that name, 0 when there is none.
unsigned long long blocked_signals_of(const char* name) {
  unsigned long long blocked = 0;
  DIR* const tasks = opendir("/proc/self/task");
  while (const dirent* const task = readdir(tasks)) {
    std::FILE* const file =
        std::fopen(("/proc/self/task/" + std::string{task->d_name} + "/status").c_str(), "r");
    if (file == nullptr) continue;
    char line[256];
    bool is_it = false;
    while (std::fgets(line, sizeof line, file) != nullptr) {
      if (std::strncmp(line, "Name:", 5) == 0) is_it = std::strstr(line, name) != nullptr;
      if (is_it && std::strncmp(line, "SigBlk:", 7) == 0) blocked = std::strtoull(line + 7, nullptr, 16);
    }
    std::fclose(file);
  }
  closedir(tasks);
  return blocked;
}

void allocate_and_free_360_mb() {
  std::vector<void*> blocks;
  for (const std::size_t size : {std::size_t{400}, std::size_t{20'000}, std::size_t{300'000}}) {
    for (std::size_t bytes = 0; bytes < 120 * kMiB; bytes += size)
      blocks.push_back(std::memset(std::malloc(size), 1, size));
  }
  for (void* const block : blocks) std::free(block);
}

int expect(bool holds, const char* what) {
  if (!holds) std::fprintf(stderr, "idle_shrinks: not so: %s\n", what);
  return holds ? 0 : 1;
}

/// Down to 40 MB above `at_first`, which are the emulator's where there is one.
bool shrinks_within_4_s(std::size_t at_first, unsigned long long& blocked) {
  for (int tenths = 0; tenths < 40; ++tenths) {
    if (blocked == 0) blocked = blocked_signals_of("cenote-scaveng");  // the kernel keeps 15 letters
    if (resident_bytes() < at_first + 40 * kMiB) return true;
    usleep(100'000);
  }
  return false;
}

}  // namespace

int main(int argc, char**) {
  const bool expects_scavenger = argc == 1;  // any argument: scavenger=off is set
  const std::size_t at_first = resident_bytes();
  allocate_and_free_360_mb();
  unsigned long long blocked = 0;
  const bool shrunk = shrinks_within_4_s(at_first, blocked);
  if (!expects_scavenger) return expect(blocked == 0, "there is no scavenger when it is switched off");
  constexpr unsigned long long kUsual =
      1ULL << 14 | 1ULL << 1 | 1ULL << 9 | 1ULL << 13;  // TERM, INT, USR1, ALRM
  return expect(shrunk, "less than 40 MB more than at first are resident after 4 s") |
         expect((blocked & kUsual) == kUsual, "the scavenger runs with all signals blocked");
}
