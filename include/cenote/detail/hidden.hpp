/// Marks what every module of a process has a copy of its own of: the program, and each plugin that has the library in it.
#pragma once

/// Where symbols have no visibility, modules share nothing that they do not export.
#if defined(__ELF__) || defined(__MACH__)
#define CENOTE_HIDDEN [[gnu::visibility("hidden")]]
#else
#define CENOTE_HIDDEN
#endif
