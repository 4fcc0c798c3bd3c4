// Allocators of any size, as their malloc. Each is loaded with RTLD_LOCAL, so that none replaces another's,
// and called through a pointer, which costs what a linked one spends in the PLT.

#include <dlfcn.h>

#include <cstdio>
#include <new>

#include "cases/buddy.hpp"
#include "cases/containers.hpp"
#include "cases/mixed_sizes.hpp"
#include "cases/one_thread.hpp"
#include "cases/two_threads.hpp"

namespace cenote {
namespace {

struct Library {
  const char* name;
  const char* file;
  const char* malloc_symbol;
  const char* free_symbol;
  void* (*allocate)(std::size_t) = nullptr;
  void (*deallocate)(void*) = nullptr;

  bool load() {
    void* const handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return false;
    allocate = reinterpret_cast<void* (*)(std::size_t)>(dlsym(handle, malloc_symbol));
    deallocate = reinterpret_cast<void (*)(void*)>(dlsym(handle, free_symbol));
    return allocate != nullptr && deallocate != nullptr;
  }
};

Library g_system{"system", "libc.so.6", "malloc", "free"};
Library g_mimalloc{"mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free"};
Library g_tbb{"tbb", "libtbbmalloc.so.2", "scalable_malloc", "scalable_free"};

template <Library& kLibrary>
class MallocPool {
 public:
  explicit MallocPool(std::size_t) {}
  void* allocate() { return kLibrary.allocate(kBlock); }
  void deallocate(void* block) { kLibrary.deallocate(block); }
};

template <Library& kLibrary>
struct SizedMalloc {
  void* allocate(std::size_t size) { return kLibrary.allocate(size); }
  void deallocate(void* block, std::size_t) { kLibrary.deallocate(block); }
};

template <class T, Library& kLibrary>
struct MallocAllocator {
  using value_type = T;
  template <class U>
  struct rebind {  // what the standard calls it; NOLINT(readability-identifier-naming)
    using other = MallocAllocator<U, kLibrary>;
  };

  MallocAllocator() = default;
  template <class U>
  MallocAllocator(const MallocAllocator<U, kLibrary>&) noexcept {}

  T* allocate(std::size_t count) {
    void* const block = kLibrary.allocate(count * sizeof(T));
    if (block == nullptr) throw std::bad_alloc{};
    return static_cast<T*>(block);
  }
  void deallocate(T* objects, std::size_t) noexcept { kLibrary.deallocate(objects); }

  friend bool operator==(const MallocAllocator&, const MallocAllocator&) noexcept { return true; }
};

template <Library& kLibrary>
struct MallocSource {
  template <class T>
  using Allocator = MallocAllocator<T, kLibrary>;
  template <class T>
  Allocator<T> get() {
    return {};
  }
};

template <Library& kLibrary>
void enter_library(Effort effort) {
  if (!kLibrary.load()) {
    std::fprintf(stderr, "skipped %s: %s\n", kLibrary.name, dlerror());
    return;
  }
  enter_one_thread<MallocPool<kLibrary>>(kLibrary.name, effort);
  enter_two_threads<MallocPool<kLibrary>>(kLibrary.name, effort);
  enter_mixed_sizes<SizedMalloc<kLibrary>>(kLibrary.name, effort);
  enter_buddy<SizedMalloc<kLibrary>>(kLibrary.name, effort);
  enter_containers<MallocSource<kLibrary>>(kLibrary.name, effort);
}

void enter(Effort effort) {
  enter_library<g_system>(effort);
  enter_library<g_mimalloc>(effort);
  enter_library<g_tbb>(effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
