/// Marks functions that read, on purpose, what other threads write and what pools forbid their users to touch: sanitizers leave them alone.
#pragma once

#if defined(__clang__)
#define CENOTE_UNSANITIZED [[clang::no_sanitize("thread", "address")]]
#elif defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CENOTE_UNSANITIZED [[gnu::no_sanitize("thread"), gnu::no_sanitize("address")]]
#else
#define CENOTE_UNSANITIZED  // so that GCC may inline what is marked
#endif
