// A program whose heap profile is known: build with debug information and look at every block.
//
//     main -> grow -> take (inlined): 50 blocks of 1,000 bytes, kept    main -> grow -> scratch: 40 of 500, freed
//     a thread "worker" -> parse, with the tag "parser": 30 of 3,000, kept
#include <dlfcn.h>
#include <pthread.h>

#include <cstdlib>
#include <thread>

namespace {

void* volatile g_kept[100];  // what nobody reads would not be allocated
int g_count = 0;

inline __attribute__((always_inline)) void take(std::size_t bytes) {
  g_kept[g_count++] = std::malloc(bytes);  // line of take
}

}  // namespace

__attribute__((noinline)) void scratch() {
  void* volatile block = std::malloc(500);
  std::free(block);
}

__attribute__((noinline)) void grow() {
  for (int i = 0; i < 50; ++i) {
    take(1000);  // line of grow
  }
  for (int i = 0; i < 40; ++i) scratch();
}

__attribute__((noinline)) void parse() {
  const auto tag = reinterpret_cast<void (*)(const char*)>(::dlsym(RTLD_DEFAULT, "cenote_malloc_tag"));
  if (tag != nullptr) tag("parser");
  for (int i = 0; i < 30; ++i) take(3000);
}

int main() {
  grow();
  std::thread worker([] {
    ::pthread_setname_np(::pthread_self(), "worker");
    parse();
  });
  worker.join();
  return 0;
}
