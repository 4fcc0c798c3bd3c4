/// Marks functions that read, on purpose, what other threads write.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define CENOTE_RACY [[gnu::no_sanitize("thread")]]
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CENOTE_RACY [[gnu::no_sanitize("thread")]]
#else
#define CENOTE_RACY
#endif
#else
#define CENOTE_RACY
#endif
