# libdw of elfutils (libdw-dev), which reads DWARF, and libelf beside it.

find_path(libdw_INCLUDE_DIR elfutils/libdwfl.h)
find_library(libdw_LIBRARY dw)
find_library(libelf_LIBRARY elf)
mark_as_advanced(libdw_INCLUDE_DIR libdw_LIBRARY libelf_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libdw REQUIRED_VARS libdw_LIBRARY libelf_LIBRARY libdw_INCLUDE_DIR)

if(libdw_FOUND AND NOT TARGET libdw::libdw)
  add_library(libdw::libdw INTERFACE IMPORTED)
  set_target_properties(libdw::libdw PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${libdw_INCLUDE_DIR})
  target_link_libraries(libdw::libdw INTERFACE ${libdw_LIBRARY} ${libelf_LIBRARY})
endif()
