#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "peer.hpp"

namespace cenote {
namespace {

struct Library {
  const char* name;
  const char* file;
  std::string prefix;  // of malloc, free, ...
};

const char* cenote_library() {
  const char* path = std::getenv("CENOTE_MALLOC_LIBRARY");
  return path != nullptr ? path : CENOTE_MALLOC_LIBRARY;
}

template <class Function>
bool look_up(void* library, const std::string& symbol, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, symbol.c_str()));
  return function != nullptr;
}

/// RTLD_LOCAL keeps the library's malloc out of everybody's sight but ours.
bool load(const Library& library, Peer& peer) {
  void* handle = dlopen(library.file, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return false;
  peer.name = library.name;
  return look_up(handle, library.prefix + "malloc", peer.allocate) &&
         look_up(handle, library.prefix + "free", peer.deallocate) &&
         look_up(handle, library.prefix + "calloc", peer.allocate_zeroed) &&
         look_up(handle, library.prefix + "realloc", peer.reallocate) &&
         look_up(handle, library.prefix + "posix_memalign", peer.allocate_aligned);
}

}  // namespace

std::vector<Peer> load_peers() {
  const Library libraries[] = {
      {"system", "libc.so.6", ""},
      {"cenote", cenote_library(), ""},
      {"mimalloc", "libmimalloc.so.2", "mi_"},
      {"jemalloc", "libjemalloc.so.2", ""},
      {"tcmalloc", "libtcmalloc_minimal.so.4", "tc_"},
      {"tbb", "libtbbmalloc.so.2", "scalable_"},
  };
  std::vector<Peer> peers{heap_peer()};
  for (const Library& library : libraries) {
    if (Peer peer{}; load(library, peer)) {
      peers.push_back(peer);
    } else {
      std::fprintf(stderr, "skipped %s: %s\n", library.name, dlerror());
    }
  }
  return peers;
}

}  // namespace cenote
