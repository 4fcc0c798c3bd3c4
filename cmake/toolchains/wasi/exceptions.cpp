// What a libc++abi that was built without exceptions lacks: the Itanium C++ ABI's calls of throw and catch,
// by WebAssembly's own exceptions. Every program of the preset links it. One thread.
//
// Source  https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html; the table that says who catches what is
//         LLVM's exception_table_encoding.h, read as libc++abi's cxa_personality.cpp reads it for
//         WebAssembly.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace __cxxabiv1 {

/// The part of libc++abi's that is called: whether a handler of this type takes a thrown object, and where in
/// it its part lies.
class __shim_type_info : public std::type_info {
 public:
  ~__shim_type_info() override;
  virtual void noop1() const;
  virtual void noop2() const;
  virtual bool can_catch(const __shim_type_info* thrown, void*& object) const = 0;
};

struct __cxa_eh_globals {
  void* caught;  // by libc++abi's own layout: left null, so std::current_exception() is null too
  unsigned uncaught;
};
extern "C" __cxa_eh_globals* __cxa_get_globals();

}  // namespace __cxxabiv1

namespace {

using Type = __cxxabiv1::__shim_type_info;
using Destructor = void* (*)(void*);  // WebAssembly's return the object

/// Lies in front of the thrown object.
struct alignas(std::max_align_t) Thrown {
  const Type* type;
  Destructor destroy;
  void* caught_as;    // the part that the handler is given
  Thrown* next;       // in g_caught
  unsigned handlers;  // that are running
  bool is_rethrown;

  void* object() { return this + 1; }
  static Thrown* of(void* object) { return static_cast<Thrown*>(object) - 1; }
};

Thrown* g_caught = nullptr;  // the innermost handler's first

constexpr int kCppTag = 0;

[[noreturn]] void raise(Thrown* thrown) {
  ++__cxxabiv1::__cxa_get_globals()->uncaught;
  __builtin_wasm_throw(kCppTag, thrown);
}

/// A handler looks here first; what follows is filled by its landing pad.
struct LandingPad {
  std::uintptr_t index;
  const std::uint8_t* table;
  std::uintptr_t selector;  // the answer: which of its handlers; 0: none
};

std::uintptr_t read_unsigned(const std::uint8_t*& at) {
  std::uintptr_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uintptr_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

std::intptr_t read_signed(const std::uint8_t*& at) {
  std::uintptr_t value = 0;
  for (unsigned shift = 0;;) {
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uintptr_t>(byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    const bool is_negative = (byte & 0x40) != 0 && shift < 32;
    return static_cast<std::intptr_t>(is_negative ? value | ~std::uintptr_t{0} << shift : value);
  }
}

bool takes(const Type* handler, Thrown& thrown) {
  void* object = thrown.object();
  if (handler != nullptr && !handler->can_catch(thrown.type, object)) return false;
  thrown.caught_as = object;
  return true;
}

/// A landing pad's handlers are a chain of (number of the type, way to the next), the types a table that ends
/// at `types`.
std::uintptr_t handler_for(Thrown& thrown, const std::uint8_t* action, const Type* const* types) {
  for (;;) {
    const std::intptr_t number = read_signed(action);
    if (number > 0 && takes(types[-number], thrown)) return static_cast<std::uintptr_t>(number);
    const std::uint8_t* const here = action;
    const std::intptr_t way = read_signed(action);
    if (way == 0) return 0;
    action = here + way;
  }
}

}  // namespace

extern "C" {

LandingPad __wasm_lpad_context{};

/// table = encoding of starts (none), of types (addresses), distance to the types' end, encoding of sites,
/// their bytes, sites, actions, types
int _Unwind_CallPersonality(void* exception) {
  const std::uint8_t* at = __wasm_lpad_context.table + 2;
  const std::uintptr_t to_types = read_unsigned(at);
  const auto* const types = reinterpret_cast<const Type* const*>(at + to_types);
  ++at;
  const std::uintptr_t site_bytes = read_unsigned(at);
  const std::uint8_t* const actions = at + site_bytes;
  for (std::uintptr_t i = 0; i < __wasm_lpad_context.index; ++i) {
    read_unsigned(at);
    read_unsigned(at);
  }
  read_unsigned(at);
  const std::uintptr_t action = read_unsigned(at);
  __wasm_lpad_context.selector =
      action == 0 ? 0 : handler_for(*static_cast<Thrown*>(exception), actions + action - 1, types);
  return 0;
}

void* __cxa_allocate_exception(std::size_t bytes) noexcept {
  auto* const thrown = static_cast<Thrown*>(std::malloc(sizeof(Thrown) + bytes));
  if (thrown == nullptr) std::terminate();
  *thrown = {};
  return thrown->object();
}

void __cxa_free_exception(void* object) noexcept { std::free(Thrown::of(object)); }

[[noreturn]] void __cxa_throw(void* object, std::type_info* type, Destructor destroy) {
  Thrown* const thrown = Thrown::of(object);
  thrown->type = static_cast<const Type*>(type);
  thrown->destroy = destroy;
  raise(thrown);
}

void* __cxa_begin_catch(void* exception) noexcept {
  auto* const thrown = static_cast<Thrown*>(exception);
  --__cxxabiv1::__cxa_get_globals()->uncaught;
  thrown->is_rethrown = false;
  if (thrown->handlers++ == 0) {
    thrown->next = g_caught;
    g_caught = thrown;
  }
  return thrown->caught_as;
}

// Of one that is on its way again the next handler takes care.
void __cxa_end_catch() {
  Thrown* const thrown = g_caught;
  if (--thrown->handlers != 0) return;
  g_caught = thrown->next;
  if (thrown->is_rethrown) return;
  if (thrown->destroy != nullptr) thrown->destroy(thrown->object());
  std::free(thrown);
}

[[noreturn]] void __cxa_rethrow() {
  if (g_caught == nullptr) std::terminate();
  g_caught->is_rethrown = true;
  raise(g_caught);
}

}  // extern "C"
