/// The C and POSIX entry points. Each converts: sizes and alignments as the standard wants them, null and
/// errno on failure.
#include <malloc.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>

#include "malloc/process_malloc.hpp"

#define CENOTE_EXPORT [[gnu::visibility("default")]]

namespace {

namespace process_malloc = cenote::process_malloc;

[[gnu::noinline, gnu::cold]] void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

void* or_enomem(void* block) noexcept { return block != nullptr ? block : out_of_memory(); }

void* aligned(std::size_t alignment, std::size_t bytes) noexcept {
  if (bytes > PTRDIFF_MAX || alignment > cenote::kHeapAlignmentMax) return out_of_memory();
  return or_enomem(process_malloc::allocate_aligned(bytes, alignment));
}

}  // namespace

extern "C" {

CENOTE_EXPORT void* malloc(std::size_t bytes) noexcept {
  void* const block = process_malloc::allocate(bytes);
  if (block == nullptr) [[unlikely]]
    return out_of_memory();
  return block;
}

CENOTE_EXPORT void free(void* block) noexcept { process_malloc::deallocate(block); }
CENOTE_EXPORT void free_sized(void* block, std::size_t bytes) noexcept {
  process_malloc::deallocate(block, bytes);
}
CENOTE_EXPORT void free_aligned_sized(void* block, std::size_t, std::size_t bytes) noexcept {
  process_malloc::deallocate(block, bytes);
}

CENOTE_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return out_of_memory();
  return or_enomem(process_malloc::allocate_zeroed(bytes));
}

CENOTE_EXPORT void* realloc(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return malloc(bytes);
  if (bytes == 0) {  // as the GNU C library does: the block is freed
    free(block);
    return nullptr;
  }
  return or_enomem(process_malloc::reallocate(block, bytes));
}

CENOTE_EXPORT void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return out_of_memory();
  return realloc(block, bytes);
}

CENOTE_EXPORT int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  if (!cenote::is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const int saved = errno;
  void* const block = aligned(alignment, bytes);
  errno = saved;
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}

CENOTE_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  if (!cenote::is_power_of_two(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return aligned(alignment, bytes);
}

// An alignment is rounded up to a power of two, as the GNU C library does it.
CENOTE_EXPORT void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  constexpr std::size_t kGreatestPower = SIZE_MAX / 2 + 1;
  if (alignment > kGreatestPower) {
    errno = EINVAL;
    return nullptr;
  }
  return aligned(std::bit_ceil(alignment), bytes);
}

CENOTE_EXPORT void* valloc(std::size_t bytes) noexcept { return aligned(cenote::os::page_bytes(), bytes); }

CENOTE_EXPORT void* pvalloc(std::size_t bytes) noexcept {
  const std::size_t page = cenote::os::page_bytes();
  if (bytes > PTRDIFF_MAX - page) return out_of_memory();
  return aligned(page, cenote::align_up(bytes == 0 ? 1 : bytes, page));
}

CENOTE_EXPORT std::size_t malloc_usable_size(void* block) noexcept {
  return process_malloc::usable_size(block);
}

}  // extern "C"
