# A layer is a folder in include/cenote/ and a folder in src/.

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
  cenote_leave_out_other_platforms(sources)
  set(${out} ${sources} PARENT_SCOPE)
endfunction()
