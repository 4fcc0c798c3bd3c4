# A layer is a folder in include/cenote/ and a folder in src/; the products are made of all layers; the edges use them.

# cenote_layer(<name> [DEPENDS <lower layers>...])
#
# Makes the target cenote_<name> from include/cenote/<name>/ (public, installed) and src/<name>/ (private). A layer of
# headers only is an interface library. Folders may be empty or absent.
function(cenote_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "DEPENDS")
  set(target cenote_${name})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cenote/${name}/*.hpp)
  _cenote_layer_sources(${name} sources)

  if(sources)
    add_library(${target} OBJECT ${sources})
    target_link_libraries(${target} PRIVATE cenote_engine_flags)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${target} PUBLIC $<$<BOOL:${CENOTE_CHECKED}>:CENOTE_CHECKED>)
    set_property(GLOBAL APPEND PROPERTY CENOTE_OBJECTS $<TARGET_OBJECTS:${target}>)
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_compile_features(${target} ${scope} cxx_std_20)
  target_sources(${target} ${scope}
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  foreach(lower IN LISTS layer_DEPENDS)
    if(NOT TARGET cenote_${lower})
      message(FATAL_ERROR "cenote_layer(${name}): declare the layer `${lower}` above it")
    endif()
    target_link_libraries(${target} ${scope} cenote_${lower})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY CENOTE_HEADERS ${headers})
endfunction()

# The compiled files of a layer: all of src/<name>/ but the folders of other platforms.
function(_cenote_layer_sources name out)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  foreach(platform linux windows wasm)
    if(NOT platform STREQUAL CENOTE_PLATFORM)
      list(FILTER sources EXCLUDE REGEX "/src/os/${platform}/")
    endif()
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# cenote_library(<target>): the static library of all layers, for consumers cenote::cenote.
function(cenote_library target)
  get_property(objects GLOBAL PROPERTY CENOTE_OBJECTS)
  get_property(headers GLOBAL PROPERTY CENOTE_HEADERS)
  file(GLOB umbrella CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cenote/*.hpp)
  add_library(${target} STATIC ${objects})
  add_library(cenote::cenote ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX VERIFY_INTERFACE_HEADER_SETS ON)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_definitions(${target} PUBLIC $<$<BOOL:${CENOTE_CHECKED}>:CENOTE_CHECKED>)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${umbrella} ${headers})
endfunction()

# cenote_private_headers(): has src/**/*.hpp compiled alone, as cenote_library() the public headers, by the target
# all_verify_interface_header_sets.
function(cenote_private_headers)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.hpp)
  add_library(cenote_private_headers INTERFACE)
  target_sources(cenote_private_headers INTERFACE
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  target_link_libraries(cenote_private_headers INTERFACE cenote)
  set_target_properties(cenote_private_headers PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# cenote_malloc_library(<target>): libcenote-malloc.so, for consumers cenote::malloc.
#
# It is bound at once and never unloaded: a lazy binding could allocate inside malloc, and blocks outlive a dlclose. It
# does not load libstdc++, which would cost a C program 0.5 ms at its start: shim/cxx_runtime.cpp stands in.
function(cenote_malloc_library target)
  file(GLOB shim CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/shim/*.cpp)
  if(NOT shim)
    return()
  endif()
  add_library(${target} SHARED ${shim})
  add_library(cenote::malloc ALIAS ${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME cenote-malloc EXPORT_NAME malloc)
  target_link_libraries(${target} PRIVATE cenote cenote_engine_flags)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  # The compiler knows malloc and would, say, turn our calloc's malloc and memset into a call of calloc.
  target_compile_options(${target} PRIVATE
    -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free -fno-builtin-aligned_alloc)
  target_link_options(${target} PRIVATE LINKER:-z,now LINKER:-z,nodelete LINKER:--no-undefined LINKER:--gc-sections)
  target_link_options(${target} PRIVATE -nodefaultlibs)
  target_link_libraries(${target} PRIVATE c gcc)
  _cenote_export_only(${target} ${PROJECT_SOURCE_DIR}/shim/exports.txt)
  # A program need not call malloc itself to want it replaced; where --as-needed is the default it would be dropped.
  target_link_options(${target} INTERFACE LINKER:--no-as-needed)
endfunction()

# Makes the linker's version script of a list of symbols: they are exported, all others are not.
function(_cenote_export_only target list)
  file(STRINGS ${list} symbols REGEX "^[^#]")
  list(JOIN symbols ";\n  " global)
  set(script ${PROJECT_BINARY_DIR}/${target}.map)
  file(CONFIGURE OUTPUT ${script} CONTENT "{\nglobal:\n  @global@;\nlocal:\n  *;\n};\n" @ONLY)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  target_link_options(${target} PRIVATE LINKER:--version-script=${script})
endfunction()

# cenote_edge(<folder> OPTION <option> [NEEDS <packages>...])
#
# Adds the folder when it is there and the option is on. Where a package is missing the folder is left out, in words:
# `make run` on a fresh machine installs what `cli` needs, not what the tests need. Sets <folder>_targets.
function(cenote_edge folder)
  cmake_parse_arguments(PARSE_ARGV 1 edge "" "OPTION" "NEEDS")
  set(${folder}_targets "" PARENT_SCOPE)
  if(NOT ${edge_OPTION} OR NOT EXISTS ${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    return()
  endif()
  foreach(package IN LISTS edge_NEEDS)
    find_package(${package} QUIET)
    if(NOT ${package}_FOUND)
      message(STATUS "${folder}/ is left out: it needs ${package}; scripts/setup installs it")
      return()
    endif()
  endforeach()
  add_subdirectory(${folder})
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  set(${folder}_targets ${targets} PARENT_SCOPE)
endfunction()

# cenote_product_group(<name> <targets>...): builds those of the targets that exist in this configuration.
function(cenote_product_group name)
  add_custom_target(${name})
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      add_dependencies(${name} ${target})
    endif()
  endforeach()
endfunction()
