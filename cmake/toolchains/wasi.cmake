# WebAssembly by Debian's clang 19, wasi-libc and libc++, which have no threads; Node.js runs its programs. That libc++ was built without
# exceptions: wasi/exceptions.cpp adds what WebAssembly's own want.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR}/wasi)  # CMake 3.25 has no Platform/WASI.cmake
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_CXX_FLAGS_INIT "-fwasm-exceptions -mbulk-memory")
# What GoogleTest must be told of this system.
string(APPEND CMAKE_CXX_FLAGS_INIT " -DGTEST_HAS_PTHREAD=0 -DGTEST_HAS_STREAM_REDIRECTION=0")

set(bridge ${CMAKE_CURRENT_LIST_DIR}/wasi)
set(made ${CMAKE_BINARY_DIR}/wasi)
file(MAKE_DIRECTORY ${made})
execute_process(COMMAND clang++-19 --target=wasm32-wasi -fwasm-exceptions -std=c++20 -O2 -Wall -Wextra -c ${bridge}/exceptions.cpp
  -o ${made}/exceptions.o COMMAND_ERROR_IS_FATAL ANY)
# Below the program's data is room for the pool of the JavaScript package, whose addresses are constants: tests/conformance/wasi/.
set(CMAKE_EXE_LINKER_FLAGS_INIT "${made}/exceptions.o -Wl,-z,stack-size=1048576 -Wl,--global-base=1048576")
# Node.js 20 collects garbage in fast calls of its WASI when memories grow large, which V8 does not bear.
set(CMAKE_CROSSCOMPILING_EMULATOR node --no-warnings --no-turbo-fast-api-calls ${bridge}/run.js)
