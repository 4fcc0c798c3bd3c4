#include <unistd.h>

#include <cstdlib>

#include "peer.hpp"

namespace cenote {

void make_room_for_thread_locals(char** arguments) {
  if (std::getenv("GLIBC_TUNABLES") != nullptr) return;
  setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1);
  execv("/proc/self/exe", arguments);
}

}  // namespace cenote
