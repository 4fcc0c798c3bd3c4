# cpp-httplib as Debian has it (libcpp-httplib-dev): compiled, with options that its users must name too, since classes of
# its header depend on them. Elsewhere it is a header alone.

find_path(httplib_INCLUDE_DIR httplib.h)
find_library(httplib_LIBRARY cpp-httplib)
mark_as_advanced(httplib_INCLUDE_DIR httplib_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(httplib REQUIRED_VARS httplib_INCLUDE_DIR)

if(httplib_FOUND AND NOT TARGET httplib::httplib)
  add_library(httplib::httplib INTERFACE IMPORTED)
  set_target_properties(httplib::httplib PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${httplib_INCLUDE_DIR})
  if(httplib_LIBRARY)
    target_link_libraries(httplib::httplib INTERFACE ${httplib_LIBRARY} ssl crypto)
    target_compile_definitions(httplib::httplib INTERFACE
      CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
  endif()
endif()
