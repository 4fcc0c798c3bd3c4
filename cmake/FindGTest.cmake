# GoogleTest as Debian compiled it (libgtest-dev, libgmock-dev) is for this machine: for another its sources are compiled
# (the package googletest).

if(NOT CMAKE_CROSSCOMPILING)
  find_package(GTest CONFIG QUIET)
  return()
endif()

set(sources /usr/src/googletest)
if(EXISTS ${sources}/CMakeLists.txt AND NOT TARGET gtest)
  set(INSTALL_GTEST OFF)
  add_subdirectory(${sources} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
endif()
if(TARGET gtest)
  set(GTest_FOUND TRUE)
endif()
