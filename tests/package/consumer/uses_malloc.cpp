// Succeeds when malloc and operator new come from the replacement.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

bool comes_from_cenote(const char* function) {
  Dl_info info{};
  void* address = dlsym(RTLD_DEFAULT, function);
  const bool found = address != nullptr && dladdr(address, &info) != 0;
  std::printf("%s: %s\n", function, found ? info.dli_fname : "nowhere");
  return found && std::strstr(info.dli_fname, "libcenote-malloc") != nullptr;
}

}  // namespace

int main() {
  const auto number = std::make_unique<int>(42);
  std::free(std::malloc(static_cast<std::size_t>(*number)));
  return comes_from_cenote("malloc") && comes_from_cenote("_Znwm") ? EXIT_SUCCESS : EXIT_FAILURE;
}
