/// What operator new needs of the C++ run-time library, which the replacement does not load: a C program must
/// not pay for it at its start. A program that calls operator new has it; it is asked by name, on failure
/// only.
#pragma once

#include <cstddef>
#include <new>

namespace cenote::cxx_runtime {

/// The program's new-handler, null when there is none.
std::new_handler new_handler() noexcept;

/// Throws std::bad_alloc; ends the program with one line where no C++ run-time library is loaded.
[[noreturn]] void throw_bad_alloc();

/// What the C++ run-time library defines under `symbol`, null when it is not loaded.
void* symbol(const char* symbol) noexcept;

}  // namespace cenote::cxx_runtime
