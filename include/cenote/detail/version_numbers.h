/* The version of these headers: the one place that states it, for C and C++. tests/checks/version_test.py
 * compares it with CMakeLists.txt. */
#ifndef CENOTE_DETAIL_VERSION_NUMBERS_H
#define CENOTE_DETAIL_VERSION_NUMBERS_H

#define CENOTE_VERSION_MAJOR 0
#define CENOTE_VERSION_MINOR 2
#define CENOTE_VERSION_PATCH 0

/* "0.2.0", from the numbers above. */
#define CENOTE_VERSION_STRING \
  CENOTE_VERSION_TEXT(CENOTE_VERSION_MAJOR, CENOTE_VERSION_MINOR, CENOTE_VERSION_PATCH)
#define CENOTE_VERSION_TEXT(major, minor, patch) CENOTE_VERSION_QUOTED(major.minor.patch)
#define CENOTE_VERSION_QUOTED(version) #version

#endif
