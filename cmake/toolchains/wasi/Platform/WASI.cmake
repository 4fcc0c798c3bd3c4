# Nothing beyond what CMake does for every system: static libraries only.
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS FALSE)
