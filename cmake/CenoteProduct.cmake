# The products are made of all layers: a static library and the malloc replacement.

include(CheckCXXSymbolExists)

# cenote_library(<target>): the static library of all layers, for consumers cenote::cenote.
function(cenote_library target)
  get_property(objects GLOBAL PROPERTY CENOTE_OBJECTS)
  get_property(headers GLOBAL PROPERTY CENOTE_HEADERS)
  file(GLOB umbrella CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cenote/*.hpp)
  add_library(${target} STATIC ${objects})
  add_library(cenote::cenote ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX VERIFY_INTERFACE_HEADER_SETS ON)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${CENOTE_PLATFORM_LIBRARIES})
  target_compile_definitions(${target} PUBLIC
    $<$<BOOL:${CENOTE_CHECKED}>:CENOTE_CHECKED> $<$<BOOL:${CENOTE_VALGRIND}>:CENOTE_VALGRIND>)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${umbrella} ${headers})
endfunction()

# cenote_private_headers(): has src/**/*.hpp compiled alone, as cenote_library() the public headers, by the target
# all_verify_interface_header_sets.
function(cenote_private_headers)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.hpp)
  cenote_leave_out_other_platforms(headers)
  add_library(cenote_private_headers INTERFACE)
  target_sources(cenote_private_headers INTERFACE
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  target_link_libraries(cenote_private_headers INTERFACE cenote)
  set_target_properties(cenote_private_headers PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# cenote_malloc_library(<target>): libcenote-malloc.so, for consumers cenote::malloc.
#
# It is bound at once and never unloaded: a lazy binding could allocate inside malloc, and blocks outlive a dlclose. It
# does not load libstdc++, which would cost a C program 0.5 ms at its start: src/malloc/cxx_runtime.cpp stands in.
function(cenote_malloc_library target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/malloc/*.cpp)
  if(NOT sources)
    return()
  endif()
  check_cxx_symbol_exists(mallinfo2 malloc.h CENOTE_HAS_GNU_MALLOC_CALLS)
  if(CENOTE_HAS_GNU_MALLOC_CALLS)
    file(GLOB gnu_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/malloc/gnu/*.cpp)
    list(APPEND sources ${gnu_sources})
  endif()
  add_library(${target} SHARED ${sources})
  add_library(cenote::malloc ALIAS ${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME cenote-malloc EXPORT_NAME malloc)
  target_link_libraries(${target} PRIVATE cenote cenote_engine_flags $<TARGET_OBJECTS:${target}_capi>)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  _cenote_visible_capi(${target}_capi)
  # The compiler knows malloc and would, say, turn our calloc's malloc and memset into a call of calloc.
  target_compile_options(${target} PRIVATE
    -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free -fno-builtin-aligned_alloc)
  target_link_options(${target} PRIVATE LINKER:-z,now LINKER:-z,nodelete LINKER:--no-undefined LINKER:--gc-sections)
  target_link_options(${target} PRIVATE -nodefaultlibs)
  # Every program pays for the loading. With noseparate-code one mapping stands in place of three, at the price that 60 KB of
  # read-only data are executable too: constants, symbol tables and unwinding tables, all at addresses as random as the code's.
  # It stays as long as it saves more than a tenth of what the start of a program costs. Measured in December 2026 by
  # bench/run_start_up, 600 runs in turns, CPU time over a program without the library: /bin/true 63 us, without this option
  # 92 us; with one malloc and free 99 and 127 us. Sorted, the variables that the loader writes to lie on fewer pages.
  target_link_options(${target} PRIVATE LINKER:-z,noseparate-code LINKER:--sort-section=name)
  # Of gcc_eh, profiles take the unwinder; exceptions of the program go through its own.
  target_link_libraries(${target} PRIVATE gcc_eh c gcc)
  _cenote_export_only(${target} ${PROJECT_SOURCE_DIR}/src/malloc/exports.txt)
  # A program need not call malloc itself to want it replaced; where --as-needed is the default it would be dropped.
  target_link_options(${target} INTERFACE LINKER:--no-as-needed)
endfunction()

# The C API once more, as symbols that a shared library can export. Those of the static library are hidden: a shared
# library of the user's that links it does not export them.
function(_cenote_visible_capi target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/capi/*.cpp)
  add_library(${target} OBJECT ${sources})
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET default)
  target_link_libraries(${target} PRIVATE cenote_capi cenote_engine_flags)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
endfunction()

# Makes the linker's version script of a list of symbols: they are exported, all others are not.
function(_cenote_export_only target list)
  file(STRINGS ${list} symbols REGEX "^[^#]")
  if(CMAKE_SIZEOF_VOID_P EQUAL 4)  # size_t is `unsigned int` there, `unsigned long` in the list
    list(TRANSFORM symbols REPLACE "^_Z(nw|na|dlPv|daPv)m" "_Z\\1j")
  endif()
  list(JOIN symbols ";\n  " global)
  set(script ${PROJECT_BINARY_DIR}/${target}.map)
  file(CONFIGURE OUTPUT ${script} CONTENT "{\nglobal:\n  @global@;\nlocal:\n  *;\n};\n" @ONLY)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  target_link_options(${target} PRIVATE LINKER:--version-script=${script})
endfunction()
