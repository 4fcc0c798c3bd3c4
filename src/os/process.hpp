/// What the process was started with, and memory it shares with whoever watches it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os {

/// Whether the environment can be read yet: the dynamic linker allocates before the C library has it.
bool environment_ready() noexcept;

/// The value of an environment variable, null when it is not set. Precondition: environment_ready().
const char* environment(const char* name) noexcept;

/// By which the system names the process; 0 where it has no name.
std::uint64_t process_id() noexcept;

/// Bytes of memory that the process has now, as the system counts them; 0 when it does not say.
std::uint64_t resident_bytes() noexcept;

/// Maps `bytes` of a new file `directory`/`prefix`.<process id>, all zero, shared with other processes; null
/// on failure.
void* map_shared_file(const char* directory, const char* prefix, std::size_t bytes) noexcept;

/// Writes `content` beside `path` and puts it in the place of what was there: who reads sees the old file or
/// the new one. False when the system refuses: then nothing changed.
bool replace_file(const char* path, std::span<const std::byte> content) noexcept;

/// `bytes` at a multiple of `alignment`, a power of two; null when malloc refuses.
void* program_malloc(std::size_t bytes, std::size_t alignment) noexcept;
void program_free(void* block) noexcept;

enum class UserSignal { none, usr1, usr2 };

/// From now on calls `handler`, which may do only what signal handlers may, when the signal comes. False
/// where there are no such signals.
bool on_user_signal(UserSignal signal, void (*handler)() noexcept) noexcept;

}  // namespace cenote::os
