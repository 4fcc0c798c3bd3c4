# find_package(cenote CONFIG) gives cenote::cenote, the library, and cenote::malloc, the malloc replacement.
include(${CMAKE_CURRENT_LIST_DIR}/cenote-targets.cmake)
