/// The first error of a program that is compiled as an older C++, whichever header it includes.
#pragma once

#if __cplusplus < 202002L
#error "cenote needs C++20: compile with -std=c++20 (GCC 11 or Clang 14, or later)"
#endif
