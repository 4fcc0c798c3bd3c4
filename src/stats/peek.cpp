#include "stats/peek.hpp"

#include <cstdint>
#include <cstring>

#include <cenote/detail/bits.hpp>

#if defined(__clang__)
#define CENOTE_UNSANITIZED [[clang::no_sanitize("thread", "address")]]
#elif defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CENOTE_UNSANITIZED [[gnu::no_sanitize("thread"), gnu::no_sanitize("address")]]
#else
#define CENOTE_UNSANITIZED  // so that GCC may inline what is marked
#endif

namespace cenote::stats {
namespace {

// Each word in one piece, as its writer stored it.
template <class Word>
CENOTE_UNSANITIZED void copy_words(const std::byte*& from, std::byte*& to, std::size_t& bytes) noexcept {
  while (bytes >= sizeof(Word) && is_aligned(from, sizeof(Word))) {
    const Word word = *reinterpret_cast<const volatile Word*>(from);
    std::memcpy(to, &word, sizeof word);
    from += sizeof word;
    to += sizeof word;
    bytes -= sizeof word;
  }
}

}  // namespace

CENOTE_UNSANITIZED bool LocalPeek::copy(const void* address, void* to, std::size_t bytes) const noexcept {
  auto* from = static_cast<const std::byte*>(address);
  auto* out = static_cast<std::byte*>(to);
  while (bytes != 0) {
    copy_words<std::uint64_t>(from, out, bytes);
    copy_words<std::uint32_t>(from, out, bytes);
    copy_words<std::uint16_t>(from, out, bytes);
    if (bytes == 0) break;
    *out++ = static_cast<std::byte>(*reinterpret_cast<const volatile unsigned char*>(from++));
    --bytes;
  }
  return true;
}

}  // namespace cenote::stats
