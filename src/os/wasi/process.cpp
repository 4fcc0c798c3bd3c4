#include <cstdlib>

#include <cenote/os/process.hpp>

namespace cenote::os {

bool environment_ready() noexcept { return true; }
const char* environment(const char* name) noexcept { return std::getenv(name); }
void* map_shared_file(const char*, const char*, std::size_t) noexcept { return nullptr; }

}  // namespace cenote::os
