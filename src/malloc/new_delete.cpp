/// Every operator new and delete of C++20. A failed new asks the new-handler until it gives up, as the
/// standard wants.
#include <cstddef>
#include <cstdint>
#include <new>

#include "malloc/cxx_runtime.hpp"
#include "malloc/process_malloc.hpp"

#define CENOTE_EXPORT [[gnu::visibility("default")]]

namespace {

namespace process_malloc = cenote::process_malloc;

void* request(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment == 0) return process_malloc::allocate(bytes);
  return bytes > PTRDIFF_MAX ? nullptr : process_malloc::allocate_aligned(bytes, alignment);
}

// No frame from here to operator new has anything to clean up: an exception passes through.
[[gnu::noinline, gnu::cold]] void* ask_handler(std::size_t bytes, std::size_t alignment) {
  for (;;) {
    const std::new_handler handler = cenote::cxx_runtime::new_handler();
    if (handler == nullptr) cenote::cxx_runtime::throw_bad_alloc();
    handler();
    if (void* const block = request(bytes, alignment)) return block;
  }
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment = 0) {
  if (void* const block = request(bytes, alignment)) [[likely]]
    return block;
  return ask_handler(bytes, alignment);
}

// A new-handler may throw, and only the C++ run-time library can catch: its own nothrow new calls ours, and
// catches.
[[gnu::noinline, gnu::cold]] void* ask_handler_and_catch(std::size_t bytes, std::size_t alignment) noexcept {
  using Plain = void* (*)(std::size_t, const std::nothrow_t&);
  using Aligned = void* (*)(std::size_t, std::align_val_t, const std::nothrow_t&);
  const std::nothrow_t tag{};
  if (alignment == 0) {
    const auto call = reinterpret_cast<Plain>(cenote::cxx_runtime::symbol("_ZnwmRKSt9nothrow_t"));
    return call == nullptr ? nullptr : call(bytes, tag);
  }
  const auto call =
      reinterpret_cast<Aligned>(cenote::cxx_runtime::symbol("_ZnwmSt11align_val_tRKSt9nothrow_t"));
  return call == nullptr ? nullptr : call(bytes, std::align_val_t{alignment}, tag);
}

void* allocate_or_null(std::size_t bytes, std::size_t alignment = 0) noexcept {
  if (void* const block = request(bytes, alignment)) [[likely]]
    return block;
  return ask_handler_and_catch(bytes, alignment);
}

std::size_t of(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

void release(void* block) noexcept { process_malloc::deallocate(block); }
void release(void* block, std::size_t bytes) noexcept { process_malloc::deallocate(block, bytes); }

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
CENOTE_EXPORT void operator delete(void* p, std::size_t n) noexcept { release(p, n); }
CENOTE_EXPORT void operator delete[](void* p, std::size_t n) noexcept { release(p, n); }
CENOTE_EXPORT void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
CENOTE_EXPORT void operator delete(void* p, std::size_t n, std::align_val_t) noexcept { release(p, n); }
CENOTE_EXPORT void operator delete[](void* p, std::size_t n, std::align_val_t) noexcept { release(p, n); }
CENOTE_EXPORT void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
CENOTE_EXPORT void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
// clang-format on
