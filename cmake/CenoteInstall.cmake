# What an installation holds: headers, library, replacement, program, the files by which CMake and pkg-config find them,
# and the printers of gdb. The program's own install line is in cli/.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cenote)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS cenote EXPORT cenote FILE_SET HEADERS)
if(TARGET cenote_malloc)
  install(TARGETS cenote_malloc EXPORT cenote)
endif()
install(EXPORT cenote NAMESPACE cenote:: FILE cenote-targets.cmake DESTINATION ${package_dir})

# What a C program links beside libcenote.a: the compiler's list without what a C compiler links by itself.
set(cxx_runtime ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(FILTER cxx_runtime INCLUDE REGEX "^(stdc\\+\\+|c\\+\\+|c\\+\\+abi|m)$")
configure_file(cmake/cenote-config.cmake.in cenote-config.cmake @ONLY)
write_basic_package_version_file(cenote-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cenote-config.cmake ${PROJECT_BINARY_DIR}/cenote-config-version.cmake
  DESTINATION ${package_dir})

# The prefix in a .pc file is relative to the file, so that an installation may be moved.
file(RELATIVE_PATH pc_to_prefix /${pkgconfig_dir} /)
list(TRANSFORM CENOTE_PLATFORM_LIBRARIES PREPEND " -l" OUTPUT_VARIABLE pc_libraries)
list(JOIN pc_libraries "" pc_libraries)
list(TRANSFORM cxx_runtime PREPEND " -l" OUTPUT_VARIABLE pc_cxx_runtime)
list(JOIN pc_cxx_runtime "" pc_cxx_runtime)
# What changes inline functions of the headers, as the CMake package says by its interface definitions.
set(pc_definitions "")
foreach(variant CENOTE_CHECKED CENOTE_VALGRIND)
  if(${variant})
    string(APPEND pc_definitions " -D${variant}")
  endif()
endforeach()
foreach(module cenote cenote-c cenote-malloc)
  configure_file(cmake/${module}.pc.in ${module}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${module}.pc DESTINATION ${pkgconfig_dir})
endforeach()

# gdb loads <datadir>/gdb/auto-load/<full name of a shared library>-gdb.py with that library (docs/debugging.md). The
# prefix is that of the installation, which `cmake --install --prefix` chooses.
set(printers_dir ${CMAKE_INSTALL_DATADIR}/cenote/gdb)
install(FILES ${PROJECT_SOURCE_DIR}/tools/gdb/cenote_gdb.py DESTINATION ${printers_dir})
file(RELATIVE_PATH library_to_printers /${CMAKE_INSTALL_LIBDIR} /${printers_dir})
configure_file(tools/gdb/auto_load.py.in auto_load.py @ONLY)
foreach(library cenote cenote_malloc)
  if(NOT TARGET ${library} OR NOT CENOTE_PLATFORM STREQUAL linux)
    continue()
  endif()
  get_target_property(type ${library} TYPE)
  if(type STREQUAL SHARED_LIBRARY)
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/auto_load/$<TARGET_FILE_NAME:${library}>-gdb.py
      INPUT ${PROJECT_BINARY_DIR}/auto_load.py)
    string(CONFIGURE [[
      get_filename_component(folder "${CMAKE_INSTALL_PREFIX}/@CMAKE_INSTALL_LIBDIR@" ABSOLUTE)
      file(INSTALL "@PROJECT_BINARY_DIR@/auto_load/$<TARGET_FILE_NAME:@library@>-gdb.py"
        DESTINATION "${CMAKE_INSTALL_PREFIX}/@CMAKE_INSTALL_DATADIR@/gdb/auto-load${folder}")
    ]] code @ONLY)
    install(CODE "${code}")
  endif()
endforeach()
