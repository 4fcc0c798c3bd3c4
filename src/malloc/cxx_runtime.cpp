#include "malloc/cxx_runtime.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <cstdlib>
#include <initializer_list>

#include <cenote/detail/check.hpp>

namespace cenote::cxx_runtime {

// dlopen may be a cancellation point, which operator new is not.
void* symbol(const char* symbol) noexcept {
  for (const char* const name : {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"}) {
    int before = PTHREAD_CANCEL_ENABLE;
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    void* const library = ::dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    ::pthread_setcancelstate(before, nullptr);
    if (library == nullptr) continue;
    if (void* const found = ::dlsym(library, symbol)) return found;
  }
  return ::dlsym(RTLD_DEFAULT, symbol);  // linked statically into the program
}

std::new_handler new_handler() noexcept {
  using Getter = std::new_handler (*)() noexcept;
  const auto get = reinterpret_cast<Getter>(symbol("_ZSt15get_new_handlerv"));
  return get != nullptr ? get() : nullptr;
}

void throw_bad_alloc() {
  using Thrower = void (*)();
  if (const auto thrower = reinterpret_cast<Thrower>(symbol("_ZSt17__throw_bad_allocv"))) thrower();
  check_failed("operator new", 0, "std::bad_alloc",
               "out of memory, and no C++ run-time library to throw with");
}

}  // namespace cenote::cxx_runtime

// Stand-ins for what the compiler refers to in code that never runs here: everything below operator new is
// noexcept. NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are the
// compiler's.
extern "C" {
[[noreturn]] void __cxa_pure_virtual() { std::abort(); }
extern const void* const class_type_info[3] asm("_ZTVN10__cxxabiv117__class_type_infoE");
extern const void* const si_class_type_info[3] asm("_ZTVN10__cxxabiv120__si_class_type_infoE");
const void* const class_type_info[3]{};
const void* const si_class_type_info[3]{};
int __gxx_personality_v0() { std::abort(); }
[[gnu::weak, noreturn]] void _Unwind_Resume() {
  std::abort();
}  // comes with the unwinder where that is linked
}

namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { std::abort(); }
[[noreturn]] void __throw_logic_error(const char*) { std::abort(); }
}  // namespace std
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
