#include "os/process.hpp"

#include <cstdlib>

namespace cenote::os {

bool environment_ready() noexcept { return true; }
const char* environment(const char* name) noexcept { return std::getenv(name); }
std::uint64_t process_id() noexcept { return 0; }
std::uint64_t resident_bytes() noexcept { return 0; }
void* map_shared_file(const char*, const char*, std::size_t) noexcept { return nullptr; }

bool replace_file(const char*, std::span<const std::byte>) noexcept { return false; }  // nobody asks

}  // namespace cenote::os
