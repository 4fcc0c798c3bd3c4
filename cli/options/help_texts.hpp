/// The words of `--help`.
#pragma once

namespace cenote::cli {

inline constexpr const char* kAbout = "Runs programs on cenote's memory pools and shows what that brought.";
inline constexpr const char* kUsage =
    "Usage: cenote run|compare [options] -- CMD...\n"
    "       cenote stats PID [options]\n"
    "       cenote profile PID [-o FILE]\n"
    "       cenote top [PID] [options]\n"
    "       cenote serve [PID]... [options]\n"
    "       cenote flame PROFILE [-o PAGE.html]";
inline constexpr const char* kFooter =
    "Examples:\n"
    "  cenote run -- python3 script.py\n"
    "  cenote compare -n 5 --html report.html -- g++ -O2 -c heavy.cpp\n"
    "  cenote stats 4711\n"
    "  cenote serve\n"
    "\n"
    "Environment:\n"
    "  CENOTE_MALLOC_LIBRARY  the replacement to load; default: lib/libcenote-malloc.so beside bin/\n"
    "  CENOTE_OPTIONS         options of the replacement, as in hardening=full:scavenger=off\n";

inline constexpr const char* kRunAbout = "Runs CMD with its malloc replaced";
inline constexpr const char* kRunUsage = "Usage: cenote run [--report DIR] [--profile FILE] -- CMD...";
inline constexpr const char* kRunFooter =
    "The exit status is CMD's own, 128+n when signal n ended it. At exit a short table goes to stderr.\n"
    "With --report the replacement also counts the sizes asked for, which costs CMD a little time.\n"
    "With --profile it samples what is allocated, by call stack; FILE is a flame graph when it ends in "
    ".html, and otherwise "
    "for\n"
    "`cenote flame` and `go tool pprof`. Profiles of processes that CMD starts are written beside it, to "
    "FILE.PID, or "
    "with the\n"
    "number before .html. A process that a signal ends leaves its profile of that moment, or of up to a "
    "second "
    "before.\n"
    "\n"
    "Example:\n"
    "  cenote run --report report -- python3 script.py\n";

inline constexpr const char* kCompareAbout = "Runs CMD under the system's malloc, cenote and others, in turn";
inline constexpr const char* kCompareUsage =
    "Usage: cenote compare [-n N] [--with NAME=LIB.so]... [--json FILE] [--html FILE] -- CMD...";
inline constexpr const char* kCompareFooter =
    "Each allocator has one run that does not count, then N that do, in turn: A B C A B C ...\n"
    "A ratio is the median of the rounds' ratios to `system`: below 1 is less than the system's malloc.\n"
    "What CMD prints is kept away, and shown when CMD fails. A seekable stdin is rewound for each run.\n"
    "\n"
    "Example:\n"
    "  cenote compare -n 5 --with mimalloc=libmimalloc.so.2 --html report.html -- g++ -O2 -c heavy.cpp\n";

inline constexpr const char* kStatsAbout = "Shows what the pools of a running process hold, from outside";
inline constexpr const char* kStatsUsage = "Usage: cenote stats PID [--json | --openmetrics]";
inline constexpr const char* kStatsFooter =
    "The process is not stopped, and needs no port: its figures are read where its pools keep them. It "
    "carries cenote\n"
    "when it was started by `cenote run`, has libcenote-malloc.so preloaded, or is linked with the library.\n"
    "Exit status: 0; 1 when the process is not there or cannot be read; 2 for a bad command line.\n"
    "\n"
    "Example:\n"
    "  cenote stats --json $(pgrep -n python3)\n";

inline constexpr const char* kProfileAbout =
    "Shows which calls hold memory in a running process, from outside";
inline constexpr const char* kProfileUsage = "Usage: cenote profile PID [-o FILE]";
inline constexpr const char* kProfileFooter =
    "The process must make a heap profile: it was started with CENOTE_OPTIONS=profile=on or profile=FILE, "
    "by\n"
    "`cenote run --profile`, or calls cenote::profile::start(). It is not stopped and gets no signal: what "
    "it has\n"
    "sampled until now is read where it keeps it. Exit status: as of `cenote stats`.\n"
    "\n"
    "Example:\n"
    "  CENOTE_OPTIONS=profile=on cenote run -- ./server &\n"
    "  cenote profile $(pgrep -n server) -o now.pb && go tool pprof -top now.pb\n";

inline constexpr const char* kTopAbout =
    "Shows what the pools of running processes hold, live in the terminal";
inline constexpr const char* kTopUsage = "Usage: cenote top [PID] [--interval SECONDS]";
inline constexpr const char* kTopFooter =
    "Without PID it lists your processes that carry cenote, to choose from. The keys are on the last line of "
    "the screen.\n"
    "The bar says why memory is resident: each letter stands for an equal share, and is explained below it.\n"
    "\n"
    "Example:\n"
    "  cenote top $(pgrep -n python3)\n";

inline constexpr const char* kServeAbout =
    "Shows what running processes hold: a live page, and /metrics for Prometheus";
inline constexpr const char* kServeUsage = "Usage: cenote serve [PID]... [--port P] [--host ADDRESS]";
inline constexpr const char* kServeFooter =
    "Without PID: all of your processes that carry cenote, those too that start later. They are read from\n"
    "outside and never stopped. Only this machine can open the page unless --host says otherwise: there is "
    "no\n"
    "password, so whoever reaches that address sees it.\n"
    "\n"
    "Example:\n"
    "  cenote serve --port 9000 $(pgrep redis-server)\n";

inline constexpr const char* kFlameAbout = "Makes a page of a heap profile: a flame graph to search and zoom";
inline constexpr const char* kFlameUsage = "Usage: cenote flame PROFILE [-o PAGE.html]";
inline constexpr const char* kFlameFooter =
    "PROFILE is in pprof's format, compressed by gzip or not, as `cenote run --profile FILE -- CMD` writes "
    "it. The page "
    "is one\n"
    "file that works offline. Files, lines and inlined functions are in it where the programs with their "
    "debug "
    "information are\n"
    "on this machine.\n"
    "\n"
    "Example:\n"
    "  cenote run --profile heap.pb -- python3 script.py\n"
    "  cenote flame heap.pb\n";

}  // namespace cenote::cli
