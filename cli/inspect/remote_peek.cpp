#include "remote_peek.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace cenote::cli {

bool RemotePeek::copy(const void* address, void* to, std::size_t bytes) const noexcept {
  const iovec local{to, bytes};
  const iovec remote{const_cast<void*>(address), bytes};
  return ::process_vm_readv(process_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

bool CachedPeek::copy(const void* address, void* to, std::size_t bytes) const noexcept try {
  if (bytes >= kPageBytes) return source_.copy(address, to, bytes);  // whole tables are read once
  return copy_from_pages(reinterpret_cast<std::uintptr_t>(address), static_cast<std::byte*>(to), bytes);
} catch (const std::bad_alloc&) {
  return false;
}

bool CachedPeek::copy_from_pages(std::uintptr_t from, std::byte* to, std::size_t bytes) const {
  while (bytes != 0) {
    const std::size_t offset = from % kPageBytes;
    const std::size_t here = std::min(bytes, kPageBytes - offset);
    const Page& page = page_at(from - offset);
    if (!page.readable) return false;
    std::memcpy(to, page.bytes.data() + offset, here);
    from += here;
    to += here;
    bytes -= here;
  }
  return true;
}

const CachedPeek::Page& CachedPeek::page_at(std::uintptr_t start) const {
  const auto [found, is_new] = pages_.try_emplace(start);
  Page& page = found->second;
  if (is_new)
    page.readable = source_.copy(reinterpret_cast<const void*>(start), page.bytes.data(), kPageBytes);
  return page;
}

}  // namespace cenote::cli
