# The edges use the products: the program, the benches, the tests.

# cenote_edge(<folder> OPTION <option> [NEEDS <packages>...] [EXCLUDE_FROM_ALL])
#
# Adds the folder when it is there and the option is on. Where a package is missing the folder is left out, in words:
# `make run` on a fresh machine installs what `cli` needs, not what the tests need. Sets <folder>_targets.
function(cenote_edge folder)
  cmake_parse_arguments(PARSE_ARGV 1 edge "EXCLUDE_FROM_ALL" "OPTION" "NEEDS")
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
  if(edge_EXCLUDE_FROM_ALL)
    add_subdirectory(${folder} EXCLUDE_FROM_ALL)
  else()
    add_subdirectory(${folder})
  endif()
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
