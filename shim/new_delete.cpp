/// Every operator new and delete of C++20. A failed new asks the new-handler until it gives up, as the standard wants.
#include <cstddef>
#include <cstdint>
#include <new>

#include "process_malloc.hpp"

#define CENOTE_EXPORT [[gnu::visibility("default")]]

namespace {

namespace process_malloc = cenote::process_malloc;

void* request(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment == 0) return process_malloc::allocate(bytes);
  return bytes > PTRDIFF_MAX ? nullptr : process_malloc::allocate_aligned(bytes, alignment);
}

[[gnu::noinline, gnu::cold]] void* ask_handler(std::size_t bytes, std::size_t alignment) {
  for (;;) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc{};
    handler();
    if (void* const block = request(bytes, alignment)) return block;
  }
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment = 0) {
  if (void* const block = request(bytes, alignment)) [[likely]] return block;
  return ask_handler(bytes, alignment);
}

void* allocate_or_null(std::size_t bytes, std::size_t alignment = 0) noexcept {
  try {
    return allocate_or_throw(bytes, alignment);
  } catch (...) {
    return nullptr;
  }
}

std::size_t of(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

void release(void* block) noexcept { process_malloc::deallocate(block); }

}  // namespace

// clang-format off
CENOTE_EXPORT void* operator new(std::size_t n) { return allocate_or_throw(n); }
CENOTE_EXPORT void* operator new[](std::size_t n) { return allocate_or_throw(n); }
CENOTE_EXPORT void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate_or_null(n); }
CENOTE_EXPORT void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate_or_null(n); }
CENOTE_EXPORT void* operator new(std::size_t n, std::align_val_t a) { return allocate_or_throw(n, of(a)); }
CENOTE_EXPORT void* operator new[](std::size_t n, std::align_val_t a) { return allocate_or_throw(n, of(a)); }
CENOTE_EXPORT void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return allocate_or_null(n, of(a)); }
CENOTE_EXPORT void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return allocate_or_null(n, of(a)); }

CENOTE_EXPORT void operator delete(void* p) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::size_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::size_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::size_t, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
// clang-format on
