#include "cenote_library.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../options/named_library.hpp"

namespace cenote::cli {

std::string cenote_library() {
  if (const char* const named = std::getenv("CENOTE_MALLOC_LIBRARY"); named != nullptr && *named != '\0') {
    return preloadable_path(named);
  }
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto library = executable.parent_path().parent_path() / "lib" / "libcenote-malloc.so";
  if (!std::filesystem::is_regular_file(library, error)) {
    throw Failure(
        fmt::format("the replacement is not at '{}'; build it with `make run`, or set CENOTE_MALLOC_LIBRARY",
                    library.string()));
  }
  return preloadable_path(library.string());
}

}  // namespace cenote::cli
