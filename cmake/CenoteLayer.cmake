# A layer is a folder in src/, together with the public headers that it lists.

# cenote_layer(<folder> [HEADERS <public headers>...] [DEPENDS <lower layers>...])
#
# Makes the target cenote_<folder>, with _ for each /, from src/<folder>/ (private) and the installed headers that it
# names below include/cenote/. A layer of headers only is an interface library.
function(cenote_layer folder)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "HEADERS;DEPENDS")
  string(REPLACE "/" "_" target cenote_${folder})
  set(headers ${layer_HEADERS})
  list(TRANSFORM headers PREPEND ${PROJECT_SOURCE_DIR}/include/cenote/)
  _cenote_layer_sources(${folder} sources)

  if(sources)
    add_library(${target} OBJECT ${sources})
    target_link_libraries(${target} PRIVATE cenote_engine_flags)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${target} PUBLIC
      $<$<BOOL:${CENOTE_CHECKED}>:CENOTE_CHECKED> $<$<BOOL:${CENOTE_VALGRIND}>:CENOTE_VALGRIND>)
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
    string(REPLACE "/" "_" lower_target cenote_${lower})
    if(NOT TARGET ${lower_target})
      message(FATAL_ERROR "cenote_layer(${folder}): declare the layer `${lower}` above it")
    endif()
    target_link_libraries(${target} ${scope} ${lower_target})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY CENOTE_HEADERS ${headers})
endfunction()

# The compiled files of a layer: all of src/<folder>/ but the folders of other platforms.
function(_cenote_layer_sources folder out)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  cenote_leave_out_other_platforms(sources)
  set(${out} ${sources} PARENT_SCOPE)
endfunction()
