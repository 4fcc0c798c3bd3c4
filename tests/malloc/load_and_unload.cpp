/// Loads the replacement as a plug-in beside the C library's malloc, uses it from threads, and unloads it
/// while they live.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace {

struct Calls {
  void* (*allocate)(std::size_t);
  void (*free)(void*);
};

bool use(const Calls& calls) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 2000; ++i) {
    blocks.push_back(calls.allocate(i * 13 % 5000 + 1));
    if (blocks.back() == nullptr) return false;
    std::memset(blocks.back(), 1, 1);
  }
  for (void* const block : blocks) calls.free(block);
  return true;
}

bool load_use_unload(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "load_and_unload: %s\n", dlerror());
    return false;
  }
  const Calls calls{reinterpret_cast<void* (*)(std::size_t)>(dlsym(library, "malloc")),
                    reinterpret_cast<void (*)(void*)>(dlsym(library, "free"))};
  std::atomic<int> used{0};
  std::atomic<bool> unloaded{false}, good{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (!use(calls)) good = false;
      ++used;
      while (!unloaded) std::this_thread::yield();  // and end when the library is gone
    });
  }
  while (used < 4) std::this_thread::yield();
  good = use(calls) && good;
  dlclose(library);
  unloaded = true;
  for (std::thread& thread : threads) thread.join();
  return good;
}

}  // namespace

int main(int, char** arguments) {
  for (int round = 0; round < 10; ++round) {
    if (!load_use_unload(arguments[1])) return 1;
  }
  return 0;
}
