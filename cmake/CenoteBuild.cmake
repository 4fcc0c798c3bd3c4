# How every file of the project is compiled. Consumers of the installed library see none of this.

if(PROJECT_IS_TOP_LEVEL)
  # lib, not lib/<triplet>: the program finds the replacement at ../lib/ of itself.
  set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Where libraries are installed, below the prefix")
endif()
include(GNUInstallDirs)

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)  # an allocator without optimisation is of no use to anybody
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # clang-tidy reads it
  # The build tree has the shape of an installation, so that bin/cenote finds ../lib/libcenote-malloc.so in both.
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  find_program(CENOTE_CCACHE ccache)
  if(CENOTE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CENOTE_CCACHE})
  endif()
endif()

# The folder of src/os/ and of tests/<layer>/ that this build takes; those of other platforms are not compiled. What several platforms
# share lies in not_<the one that differs>/.
set(CENOTE_PLATFORM_LIBRARIES "")  # which the compiler does not link by itself
if(CMAKE_SYSTEM_NAME STREQUAL "Windows")
  set(CENOTE_PLATFORM windows)
  set(CENOTE_PLATFORM_LIBRARIES synchronization)  # WaitOnAddress
elseif(CMAKE_SYSTEM_NAME STREQUAL "WASI")
  set(CENOTE_PLATFORM wasi)
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)  # nothing is loaded into a running program
else()
  set(CENOTE_PLATFORM linux)
endif()

# cenote_leave_out_other_platforms(<list of files>)
function(cenote_leave_out_other_platforms files)
  foreach(platform linux windows wasi)
    if(NOT platform STREQUAL CENOTE_PLATFORM)
      list(FILTER ${files} EXCLUDE REGEX "/(src/os|tests/[a-z_/]+)/${platform}/")
    endif()
  endforeach()
  list(FILTER ${files} EXCLUDE REGEX "/src/os/not_${CENOTE_PLATFORM}/")
  set(${files} ${${files}} PARENT_SCOPE)
endfunction()

# Link it PRIVATE into every target of ours: the language, the warnings.
add_library(cenote_flags INTERFACE)
target_compile_features(cenote_flags INTERFACE cxx_std_20)
target_compile_options(cenote_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef
  $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>  # which GCC's -Wconversion leaves out
  $<$<BOOL:${CENOTE_WERROR}>:-Werror>)
# Under a sanitizer GCC 12 takes the empty half of a union for an uninitialised value (GCC bug 105562 and its kin).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  target_compile_options(cenote_flags INTERFACE -Wno-maybe-uninitialized)
endif()

# What the engine adds: no symbol of ours can be replaced from outside; thread-local variables are one instruction away
# even in the preloaded library (the linker would otherwise call __tls_get_addr, which may allocate); a product holds
# only the functions that it uses.
add_library(cenote_engine_flags INTERFACE)
target_link_libraries(cenote_engine_flags INTERFACE cenote_flags)
target_compile_options(cenote_engine_flags INTERFACE -ffunction-sections -fdata-sections)
if(CMAKE_POSITION_INDEPENDENT_CODE)
  target_compile_options(cenote_engine_flags INTERFACE -fno-semantic-interposition -ftls-model=initial-exec)
endif()

# Debuggers print pools and heaps by types that these files alone define, or construct: Clang describes a class where its
# constructors are (docs/debugging.md). Code is the same with and without -g.
set(CENOTE_DEBUGGER_SOURCES
  heap/heap.cpp
  pools/arena/arena.cpp
  pools/arena/arena_lane.cpp
  pools/arena/chunk_stack.cpp
  pools/arena/concurrent_arena.cpp
  pools/buddy/buddy_core.cpp
  pools/fixed/lock_free_core.cpp
  pools/fixed/slot_space.cpp
  pools/fixed/thread_cached_core.cpp
  pools/manager/manager_core.cpp
  pools/movable/movable_core.cpp
  pools/movable/movable_frames.cpp
  pools/numa/numa_core.cpp
  pools/numa/numa_pool.cpp
  pools/slab/slab_core.cpp)
if(CENOTE_PLATFORM STREQUAL linux)
  list(TRANSFORM CENOTE_DEBUGGER_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/src/)
  foreach(source IN LISTS CENOTE_DEBUGGER_SOURCES)
    if(NOT EXISTS ${source})
      message(FATAL_ERROR "CENOTE_DEBUGGER_SOURCES names ${source}, which does not exist")
    endif()
  endforeach()
  set_source_files_properties(${CENOTE_DEBUGGER_SOURCES} PROPERTIES
    COMPILE_OPTIONS "-g;$<$<CXX_COMPILER_ID:Clang>:-fstandalone-debug>")
endif()
