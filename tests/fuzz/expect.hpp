/// What a fuzzer expects, and what it prints: a broken expectation ends the program, as a broken invariant of
/// a pool does.
///
/// CENOTE_FUZZ_TRACE=1 in the environment prints every call that an input makes: what to write a regression
/// test from.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include <cenote/result.hpp>

// MinGW's GCC takes `printf` for the one of Microsoft's old library, which knows no %zu; its own follows the
// standard.
#if defined(__MINGW32__)
#define CENOTE_PRINTF_FORMAT gnu_printf
#else
#define CENOTE_PRINTF_FORMAT printf
#endif

namespace cenote::fuzz {

inline const bool g_traced = std::getenv("CENOTE_FUZZ_TRACE") != nullptr;  // NOLINT(concurrency-mt-unsafe)

[[gnu::format(CENOTE_PRINTF_FORMAT, 1, 2)]] inline void trace(const char* format, ...) {
  if (!g_traced) return;
  std::va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
}

inline const char* name_of(AllocError error) { return error == AllocError{} ? "done" : to_string(error); }

[[noreturn, gnu::noinline]] inline void fail(const char* claim) {
  std::fprintf(stderr, "broken: %s\n", claim);
  std::abort();
}

inline void expect(bool holds, const char* claim) {
  if (!holds) [[unlikely]]
    fail(claim);
}

inline void expect_equal(std::size_t is, std::size_t should_be, const char* what) {
  if (is == should_be) [[likely]]
    return;
  std::fprintf(stderr, "%s: %zu instead of %zu\n", what, is, should_be);
  fail(what);
}

/// The answers that a pool may give to a call; AllocError{} is success.
class Answers {
 public:
  Answers(std::initializer_list<AllocError> allowed) {
    for (const AllocError error : allowed) mask_ |= bit(error);
  }

  bool allow(AllocError error) const { return (mask_ & bit(error)) != 0; }
  bool none() const { return mask_ == 0; }

  void expect(AllocError answer) const {
    if (allow(answer)) [[likely]]
      return;
    std::fprintf(stderr, "the answer is %s instead of", name_of(answer));
    for (unsigned error = 0; error < 16; ++error) {
      if (allow(static_cast<AllocError>(error)))
        std::fprintf(stderr, " %s", name_of(static_cast<AllocError>(error)));
    }
    std::fputc('\n', stderr);
    fail("a wrong answer");
  }

 private:
  static unsigned bit(AllocError error) { return 1U << static_cast<unsigned>(error); }
  unsigned mask_ = 0;
};

inline constexpr AllocError kDone{};

}  // namespace cenote::fuzz
