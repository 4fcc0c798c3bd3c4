/// malloc from the first constructor to the last destructor. Exit status 0 only when every stage was passed
/// in turn.
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

int g_stage = 0;
char* g_early = nullptr;

[[noreturn]] void fail(const char* where) {
  std::fprintf(stderr, "life_of_process: failed %s, in stage %d\n", where, g_stage);
  _exit(1);
}

void pass(int stage, const char* name) {
  if (g_stage != stage - 1) fail(name);
  g_stage = stage;
  for (std::size_t size = 1; size < (3 << 20); size = size * 3 + 1) {
    void* const block = std::malloc(size);
    if (block == nullptr) fail(name);
    std::memset(block, stage, size);
    std::free(block);
  }
}

__attribute__((constructor(101))) void before_everything() {
  pass(1, "before the constructors of objects");
  g_early = strdup("from before main");
}

struct Global {
  Global() { pass(2, "in a static constructor"); }
  ~Global() { pass(8, "in a static destructor"); }
  std::string text = std::string(500, 'g');
} g_global;

struct Local {
  ~Local() { pass(6, "in the main thread's thread_local destructor"); }
  std::string text = std::string(500, 'l');
};

struct InThread {
  ~InThread() { pass(4, "in a thread's thread_local destructor"); }
  std::string text = std::string(500, 't');
};

__attribute__((destructor(101))) void after_everything() {
  pass(9, "after all destructors");
  std::free(g_early);
  _exit(0);
}

}  // namespace

int main() {
  pass(3, "at the start of main");
  std::atexit([] { pass(7, "in an atexit handler"); });
  std::thread{[] {
    thread_local InThread in_thread;
    in_thread.text += "x";
  }}.join();
  pass(5, "at the end of main");
  thread_local Local local;
  local.text += "x";
  if (std::strcmp(g_early, "from before main") != 0) fail("with a block from before main");
  return 1;  // the last destructor turns it into 0
}
