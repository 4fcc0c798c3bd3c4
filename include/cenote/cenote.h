/* cenote for C99: heaps, pools of equal blocks, arenas.
 *
 *     cenote_heap_options options = CENOTE_HEAP_OPTIONS;
 *     options.name = "parser";
 *     cenote_heap* heap = NULL;
 *     void* block = NULL;
 *     if (cenote_heap_create(&options, &heap) != CENOTE_OK) return 1;
 *     if (cenote_heap_allocate(heap, 100, &block) == CENOTE_OK) cenote_heap_deallocate(heap, block);
 *     cenote_heap_destroy(heap);
 *
 * Both libraries have these functions: libcenote.a and libcenote-malloc.so. docs/c-api.md is the manual.
 *
 * Errors      A function that can fail returns a cenote_error and writes its result through its last
 *             argument; after an error that result is unchanged. A null argument there is CENOTE_BAD_OPTION.
 *             The other functions cannot fail for a correct caller; an incorrect call reaches the misuse
 *             handler and has no other effect.
 * Memory      Objects and blocks come from the system or from cenote, never from the program's malloc, but
 *             for pass-through.
 * Threads     any, unless stated. No thread may use an object during or after its `destroy`.
 */
#ifndef CENOTE_CENOTE_H
#define CENOTE_CENOTE_H

#include <stddef.h>

#include <cenote/detail/version_numbers.h>

/* NOLINTBEGIN(modernize-use-using,readability-identifier-naming): C99, with C's names */
#ifdef __cplusplus
#define CENOTE_NOEXCEPT noexcept
extern "C" {
#else
#define CENOTE_NOEXCEPT
#endif

/* The version of the linked library, "MAJOR.MINOR.PATCH"; CENOTE_VERSION_MAJOR, _MINOR and _PATCH are
 * those of this header. */
const char* cenote_version(void) CENOTE_NOEXCEPT;

/* --- errors --------------------------------------------------------------------------------------------- */

typedef enum cenote_error {
  CENOTE_OK = 0,
  CENOTE_ZERO_SIZE = 1,     /* a request for 0 bytes */
  CENOTE_TOO_LARGE = 2,     /* more than this heap, pool or arena can ever give */
  CENOTE_BAD_ALIGNMENT = 3, /* not a power of two, or above what is supported */
  CENOTE_EXHAUSTED = 4,     /* the pool is empty now; a later call may succeed */
  CENOTE_LIMIT_REACHED = 5, /* a byte limit set by the user forbids it */
  CENOTE_OUT_OF_MEMORY = 6, /* the system refused */
  CENOTE_FOREIGN_BLOCK = 7, /* the pointer is not a block of this heap or pool */
  CENOTE_DOUBLE_FREE = 8,   /* the block is free already */
  CENOTE_SIZE_MISMATCH = 9, /* the block's size is not the one given */
  CENOTE_BAD_OPTION = 10,   /* an option or argument makes no sense, or is null */
  CENOTE_UNSUPPORTED = 11   /* this platform or kernel cannot do it */
} cenote_error;

/* "ok", or the error's name as in C++, such as "limit_reached"; "unknown" for other values. Static
 * storage. */
const char* cenote_error_string(cenote_error error) CENOTE_NOEXCEPT;

/* --- options -------------------------------------------------------------------------------------------- */

/* Each option struct starts with its size, which the initialiser sets. Later versions add members at the
 * end, whose default is 0: a smaller struct has the defaults of what it lacks; a larger one is
 * CENOTE_BAD_OPTION where what this library does not know is not 0. There is no padding. Names are copied,
 * cut at 63 bytes; a null one is none. */

#define CENOTE_ANY_NUMA_NODE (-1)

typedef enum cenote_page_kind {
  CENOTE_PAGES_NORMAL = 0,
  CENOTE_PAGES_TRANSPARENT_HUGE = 1, /* normal pages that the kernel is asked to merge */
  CENOTE_PAGES_HUGE_2MIB = 2,        /* reserved huge pages; normal ones where there are none */
  CENOTE_PAGES_HUGE_1GIB = 3
} cenote_page_kind;

typedef enum cenote_hardening {
  CENOTE_HARDENING_TRUSTING = 0, /* detects what costs nothing: pointers that are no blocks */
  CENOTE_HARDENING_CHECKED = 1,  /* detects every double free and interior pointer */
  CENOTE_HARDENING_FULL = 2      /* also writes outside blocks and after frees: docs/hardening.md */
} cenote_hardening;

typedef enum cenote_sync {
  CENOTE_SYNC_SINGLE_THREAD = 0, /* one thread at a time; the fastest */
  CENOTE_SYNC_LOCKED = 1,        /* any thread, one lock */
  CENOTE_SYNC_LOCK_FREE = 2,     /* any thread, one compare-and-swap a call */
  CENOTE_SYNC_THREAD_CACHED = 3  /* any thread, each with a cache of free blocks */
} cenote_sync;

typedef enum cenote_scrub {
  CENOTE_SCRUB_NONE = 0,    /* old bytes stay until they are overwritten */
  CENOTE_SCRUB_ZERO = 1,    /* overwritten with zeros */
  CENOTE_SCRUB_DECOMMIT = 2 /* their pages are returned to the system */
} cenote_scrub;

typedef struct cenote_heap_options {
  size_t struct_size;
  const char* name;           /* in statistics and reports */
  size_t limit_bytes;         /* of slabs, large and huge blocks that it may hold; 0: no limit */
  cenote_hardening hardening; /* CENOTE_HARDENING_CHECKED */
  cenote_page_kind pages;     /* CENOTE_PAGES_NORMAL */
  int numa_node;              /* CENOTE_ANY_NUMA_NODE */
  int pass_through;           /* not 0: every block from malloc, for memory checkers */
} cenote_heap_options;

#define CENOTE_HEAP_OPTIONS                                                              \
  {                                                                                      \
    sizeof(cenote_heap_options), NULL, 0, CENOTE_HARDENING_CHECKED, CENOTE_PAGES_NORMAL, \
        CENOTE_ANY_NUMA_NODE, 0                                                          \
  }

typedef struct cenote_pool_options {
  size_t struct_size;
  const char* name;
  size_t block_size;      /* bytes; > 0 */
  size_t capacity;        /* blocks ready after creation; > 0 */
  size_t capacity_max;    /* 0: never grows; else it grows on demand up to this many blocks */
  size_t alignment;       /* 0: as malloc's of that size; a power of two up to 2 MiB */
  cenote_sync sync;       /* CENOTE_SYNC_LOCK_FREE */
  cenote_page_kind pages; /* CENOTE_PAGES_NORMAL */
  int numa_node;          /* CENOTE_ANY_NUMA_NODE */
  int prefault;           /* not 0: touch every page at creation */
  int pass_through;       /* as for heaps */
  int reserved;           /* 0 */
} cenote_pool_options;

#define CENOTE_POOL_OPTIONS                                                                    \
  {                                                                                            \
    sizeof(cenote_pool_options), NULL, 0, 0, 0, 0, CENOTE_SYNC_LOCK_FREE, CENOTE_PAGES_NORMAL, \
        CENOTE_ANY_NUMA_NODE, 0, 0, 0                                                          \
  }

typedef struct cenote_arena_options {
  size_t struct_size;
  const char* name;       /* in statistics and reports */
  size_t chunk_bytes;     /* 64 KiB: of the first chunk; each further one is twice as large, up to 64 times */
  size_t limit_bytes;     /* of blocks in use; 0: no limit */
  cenote_page_kind pages; /* CENOTE_PAGES_NORMAL */
  int reserved;           /* 0 */
} cenote_arena_options;

#define CENOTE_ARENA_OPTIONS \
  { sizeof(cenote_arena_options), NULL, 64 * 1024, 0, CENOTE_PAGES_NORMAL, 0 }

/* --- heaps: blocks of any size, any thread -------------------------------------------------------------- */

typedef struct cenote_heap cenote_heap;

/* Errors      CENOTE_BAD_OPTION, CENOTE_OUT_OF_MEMORY. */
cenote_error cenote_heap_create(const cenote_heap_options* options, cenote_heap** heap) CENOTE_NOEXCEPT;
/* Returns all memory, that of blocks in use too; null does nothing. A heap that is destroyed already, and
 * the process's heap, reach the misuse handler. */
void cenote_heap_destroy(cenote_heap* heap) CENOTE_NOEXCEPT;
/* The heap of the whole process, never destroyed: in libcenote-malloc.so, malloc's. Usable before main. */
cenote_heap* cenote_heap_process(void) CENOTE_NOEXCEPT;

/* A block of at least `size` bytes, uninitialised, aligned to 16 bytes.
 *
 * Errors      CENOTE_ZERO_SIZE; CENOTE_TOO_LARGE (above PTRDIFF_MAX); CENOTE_LIMIT_REACHED;
 *             CENOTE_OUT_OF_MEMORY; CENOTE_BAD_OPTION (a null argument). */
cenote_error cenote_heap_allocate(cenote_heap* heap, size_t size, void** block) CENOTE_NOEXCEPT;
/* The same, aligned to `alignment`, a power of two up to 1 GiB (16 MiB with 32-bit addresses). Also
 * CENOTE_BAD_ALIGNMENT. */
cenote_error cenote_heap_allocate_aligned(cenote_heap* heap, size_t size, size_t alignment,
                                          void** block) CENOTE_NOEXCEPT;
/* An array of `count` times `size` bytes, all zero. CENOTE_TOO_LARGE also when the product does not fit. */
cenote_error cenote_heap_allocate_zeroed(cenote_heap* heap, size_t count, size_t size,
                                         void** block) CENOTE_NOEXCEPT;
/* Resizes `block`, keeping min(old, new) bytes, and writes where it is now to `resized`, which may be
 * &block; a null block is allocated. On an error the old block stays as it is. Errors as
 * cenote_heap_allocate; CENOTE_FOREIGN_BLOCK, CENOTE_DOUBLE_FREE. */
cenote_error cenote_heap_reallocate(cenote_heap* heap, void* block, size_t size,
                                    void** resized) CENOTE_NOEXCEPT;
/* Returns a block; null does nothing. */
void cenote_heap_deallocate(cenote_heap* heap, void* block) CENOTE_NOEXCEPT;
/* Bytes that the block has, at least those requested; 0 for null and for what is no block of this heap. */
size_t cenote_heap_usable_size(const cenote_heap* heap, const void* block) CENOTE_NOEXCEPT;
/* Returns unused memory to the system; its bytes. */
size_t cenote_heap_trim(cenote_heap* heap) CENOTE_NOEXCEPT;
/* At most `bytes` from now on; 0: no limit. Blocks in use stay. */
void cenote_heap_set_limit(cenote_heap* heap, size_t bytes) CENOTE_NOEXCEPT;

/* --- pools: blocks of one size -------------------------------------------------------------------------- */

/* Threads     as `sync` says. */
typedef struct cenote_pool cenote_pool;

/* Errors      CENOTE_ZERO_SIZE (block_size), CENOTE_BAD_OPTION, CENOTE_BAD_ALIGNMENT, CENOTE_TOO_LARGE,
 *             CENOTE_OUT_OF_MEMORY. */
cenote_error cenote_pool_create(const cenote_pool_options* options, cenote_pool** pool) CENOTE_NOEXCEPT;
/* Returns all memory; blocks in use are reported to the leak handler. Null does nothing. A pool that is
 * destroyed already reaches the misuse handler. */
void cenote_pool_destroy(cenote_pool* pool) CENOTE_NOEXCEPT;

/* A block of block_size bytes, uninitialised.
 *
 * Errors      CENOTE_EXHAUSTED: every block is in use; CENOTE_OUT_OF_MEMORY: the pool may grow, but the
 *             system refused; CENOTE_BAD_OPTION (a null argument). */
cenote_error cenote_pool_allocate(cenote_pool* pool, void** block) CENOTE_NOEXCEPT;
/* Returns a block; null does nothing. */
void cenote_pool_deallocate(cenote_pool* pool, void* block) CENOTE_NOEXCEPT;
/* Blocks in use, and blocks that there are: exact when no other thread is inside a call. */
size_t cenote_pool_in_use(const cenote_pool* pool) CENOTE_NOEXCEPT;
size_t cenote_pool_capacity(const cenote_pool* pool) CENOTE_NOEXCEPT;
/* Returns unused pages to the system; their bytes. The capacity never falls below that of the options. */
size_t cenote_pool_trim(cenote_pool* pool) CENOTE_NOEXCEPT;

/* --- arenas: blocks that are returned together ---------------------------------------------------------- */

/* Threads     one at a time; different arenas at the same time. */
typedef struct cenote_arena cenote_arena;

/* A position in an arena to which it can return. Copies are the same checkpoint; {{0}} belongs to no
 * arena. */
typedef struct cenote_checkpoint {
  unsigned long long opaque[4];
} cenote_checkpoint;

/* Errors      CENOTE_BAD_OPTION, CENOTE_OUT_OF_MEMORY. */
cenote_error cenote_arena_create(const cenote_arena_options* options, cenote_arena** arena) CENOTE_NOEXCEPT;
/* Returns all memory; null does nothing. An arena that is destroyed already reaches the misuse handler. */
void cenote_arena_destroy(cenote_arena* arena) CENOTE_NOEXCEPT;

/* The next `size` bytes, uninitialised, aligned for any type.
 *
 * Errors      CENOTE_ZERO_SIZE; CENOTE_TOO_LARGE; CENOTE_LIMIT_REACHED; CENOTE_OUT_OF_MEMORY;
 *             CENOTE_BAD_OPTION (a null argument). */
cenote_error cenote_arena_allocate(cenote_arena* arena, size_t size, void** block) CENOTE_NOEXCEPT;
/* The same, aligned to `alignment`, a power of two. Also CENOTE_BAD_ALIGNMENT. */
cenote_error cenote_arena_allocate_aligned(cenote_arena* arena, size_t size, size_t alignment,
                                           void** block) CENOTE_NOEXCEPT;
cenote_checkpoint cenote_arena_checkpoint(cenote_arena* arena) CENOTE_NOEXCEPT;
/* Returns the blocks allocated since; later chunks go back to the system. The checkpoint stays valid. One
 * of another arena (CENOTE_FOREIGN_BLOCK), and one that a restore or reset has undone
 * (CENOTE_DOUBLE_FREE), reaches the misuse handler. */
void cenote_arena_restore(cenote_arena* arena, cenote_checkpoint checkpoint) CENOTE_NOEXCEPT;
/* Returns all blocks, and keeps the chunks for the next ones. All checkpoints are undone. */
void cenote_arena_reset(cenote_arena* arena) CENOTE_NOEXCEPT;
/* The same; no byte of the old blocks is left with CENOTE_SCRUB_ZERO and CENOTE_SCRUB_DECOMMIT. */
void cenote_arena_reset_scrubbed(cenote_arena* arena, cenote_scrub scrub) CENOTE_NOEXCEPT;

/* --- the process ---------------------------------------------------------------------------------------- */

/* All heaps, pools and arenas may hold so many bytes together; 0: no limit. Blocks in use stay. */
void cenote_set_process_limit(size_t bytes) CENOTE_NOEXCEPT;

/* Writes what every named pool and arena and every heap holds, as one JSON object (docs/statistics.md),
 * cut to `size` bytes with the null at its end. Returns the length of the whole text without that null, as
 * snprintf does; 0 where the system has no memory for the tables. `out` may be null when `size` is 0. */
size_t cenote_stats_json(char* out, size_t size) CENOTE_NOEXCEPT;

/* An incorrect call: `error` says what was wrong with `address`; `pool` is the name of the heap, pool or
 * arena, "" when it has none, never null. */
typedef struct cenote_misuse {
  cenote_error error;
  const void* address;
  const char* pool;
} cenote_misuse;

/* Called on the thread that made the incorrect call. It may return: the call then has no effect. `user` is
 * what was set. */
typedef void (*cenote_misuse_handler)(const cenote_misuse* misuse, void* user);
/* `pool`: the name of a pool that was destroyed with blocks in use, "" when it has none. */
typedef void (*cenote_leak_handler)(const char* pool, size_t blocks, void* user);

/* C and C++ share one handler of each kind: the one set last. Null restores the default: for misuse, one
 * line on standard error and abort; for leaks, one line. */
void cenote_set_misuse_handler(cenote_misuse_handler handler, void* user) CENOTE_NOEXCEPT;
void cenote_set_leak_handler(cenote_leak_handler handler, void* user) CENOTE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#undef CENOTE_NOEXCEPT
/* NOLINTEND(modernize-use-using,readability-identifier-naming) */

#endif
