/* Debian's libstdc++ is configured for glibc. This takes back what musl 1.2.3 lacks, and names what it has by another name; <iostream> and
   <locale> compile, but do not work: they look into glibc's locales. */
#pragma once

#define __GLIBC_PREREQ(major, minor) 0

#include_next <bits/c++config.h>

#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK
#define __locale_t locale_t

enum : unsigned short {
  _ISupper = 0x100,
  _ISlower = 0x200,
  _ISalpha = 0x400,
  _ISdigit = 0x800,
  _ISxdigit = 0x1000,
  _ISspace = 0x2000,
  _ISprint = 0x4000,
  _ISgraph = 0x8000,
  _ISblank = 1,
  _IScntrl = 2,
  _ISpunct = 4,
  _ISalnum = 8
};
