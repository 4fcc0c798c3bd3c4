// A program that loads a plugin, and ends with its stdin.
#include <dlfcn.h>

#include <cstdio>

int main() {
  void* const plugin = ::dlopen(PLUGIN, RTLD_NOW);
  void (*const work)() = plugin == nullptr ? nullptr : reinterpret_cast<void (*)()>(::dlsym(plugin, "work"));
  if (work == nullptr) return 1;
  work();
  std::puts("ready");
  std::fflush(stdout);
  return std::getchar() == 'x';
}
