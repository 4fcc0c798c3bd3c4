# What an installation holds: headers, library, replacement, program, and the files by which CMake and pkg-config find
# them. The program's own install line is in cli/.

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
