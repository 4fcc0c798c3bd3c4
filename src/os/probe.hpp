/// Static probes on slow paths, for tracers: one no-op instruction each until somebody attaches.
///
///     bpftrace -e 'usdt:/usr/lib/libcenote-malloc.so:cenote:refill { @[arg0] = count(); }'
///
///     refill (block bytes)            a thread's list of free blocks was empty
///     map    (address, bytes)         memory was taken from the system
///     purge  (address, bytes)         pages were given back
///
/// Where <sys/sdt.h> is missing, nothing. Tried so far: `readelf -n` lists them with their arguments; no
/// tracer has been attached.
#pragma once

#if defined(__linux__) && __has_include(<sys/sdt.h>)
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define CENOTE_PROBE(name, ...) STAP_PROBEV(cenote, name, __VA_ARGS__)
#else
#define CENOTE_PROBE(name, ...) static_cast<void>(0)
#endif
