/* Calls every function of <cenote/cenote.h> as a C99 program does, and checks results and errors. Exits
 * with the number of failed checks. Runs on the static library, on libcenote-malloc.so, and as a consumer
 * of both installed packages. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cenote/cenote.h>

static int failures = 0;

static void check(int holds, const char* claim, int line) {
  if (holds) return;
  fprintf(stderr, "line %d: not so: %s\n", line, claim);
  ++failures;
}
#define CHECK(claim) check((claim) ? 1 : 0, #claim, __LINE__)

/* --- what the handlers were told ------------------------------------------------------------------------ */

typedef struct told {
  int calls;
  cenote_misuse misuse;
  char pool[64];
  size_t blocks;
} told;

static void on_misuse(const cenote_misuse* misuse, void* user) {
  told* const record = (told*)user;
  ++record->calls;
  record->misuse = *misuse;
  strncpy(record->pool, misuse->pool, sizeof record->pool - 1);
}

static void on_leak(const char* pool, size_t blocks, void* user) {
  told* const record = (told*)user;
  ++record->calls;
  record->blocks = blocks;
  strncpy(record->pool, pool, sizeof record->pool - 1);
}

/* Whether one misuse was told since the last call, and was this one. */
static int was_told(told* record, cenote_error error, const void* address, const char* pool) {
  const int is_so = record->calls == 1 && record->misuse.error == error &&
                    record->misuse.address == address && strcmp(record->pool, pool) == 0;
  memset(record, 0, sizeof *record);
  return is_so;
}

/* --- version and errors --------------------------------------------------------------------------------- */

static void versions_agree(void) {
  char version[32];
  sprintf(version, "%d.%d.%d", CENOTE_VERSION_MAJOR, CENOTE_VERSION_MINOR, CENOTE_VERSION_PATCH);
  CHECK(strcmp(cenote_version(), version) == 0);
}

static void errors_have_names(void) {
  static const char* const kNames[] = {"ok",          "zero_size",     "too_large",     "bad_alignment",
                                       "exhausted",   "limit_reached", "out_of_memory", "foreign_block",
                                       "double_free", "size_mismatch", "bad_option",    "unsupported"};
  int error = 0;
  for (error = CENOTE_OK; error <= CENOTE_UNSUPPORTED; ++error)
    CHECK(strcmp(cenote_error_string((cenote_error)error), kNames[error]) == 0);
  CHECK(strcmp(cenote_error_string((cenote_error)12), "unknown") == 0);
  CHECK(strcmp(cenote_error_string((cenote_error)257), "unknown") == 0);
}

/* --- heaps ---------------------------------------------------------------------------------------------- */

static void heap_serves_blocks(cenote_heap* heap) {
  char* block = NULL;
  void* other = NULL;
  size_t i = 0;

  CHECK(cenote_heap_allocate(heap, 100, (void**)&other) == CENOTE_OK);
  block = (char*)other;
  CHECK(block != NULL && (uintptr_t)block % 16 == 0);
  CHECK(cenote_heap_usable_size(heap, block) >= 100);
  memset(block, 'a', 100);

  CHECK(cenote_heap_reallocate(heap, other, 100000, &other) == CENOTE_OK);
  block = (char*)other;
  CHECK(cenote_heap_usable_size(heap, block) >= 100000);
  for (i = 0; i < 100; ++i) CHECK(block[i] == 'a');
  cenote_heap_deallocate(heap, block);

  CHECK(cenote_heap_reallocate(heap, NULL, 50, &other) == CENOTE_OK); /* as allocate */
  cenote_heap_deallocate(heap, other);
  cenote_heap_deallocate(heap, NULL);

  CHECK(cenote_heap_allocate_aligned(heap, 10, 4096, &other) == CENOTE_OK);
  CHECK((uintptr_t)other % 4096 == 0);
  cenote_heap_deallocate(heap, other);

  CHECK(cenote_heap_allocate_zeroed(heap, 10, 100, &other) == CENOTE_OK);
  for (i = 0; i < 1000; ++i) CHECK(((char*)other)[i] == 0);
  cenote_heap_deallocate(heap, other);
  CHECK(cenote_heap_usable_size(heap, NULL) == 0);
}

static void heap_refuses(cenote_heap* heap) {
  int mark = 0;
  void* block = &mark; /* unchanged after an error */
  CHECK(cenote_heap_allocate(heap, 0, &block) == CENOTE_ZERO_SIZE);
  CHECK(cenote_heap_allocate(heap, SIZE_MAX, &block) == CENOTE_TOO_LARGE);
  CHECK(cenote_heap_allocate_aligned(heap, 10, 3, &block) == CENOTE_BAD_ALIGNMENT);
  CHECK(cenote_heap_allocate_zeroed(heap, SIZE_MAX, 2, &block) == CENOTE_TOO_LARGE);
  CHECK(cenote_heap_reallocate(heap, &mark, 10, &block) == CENOTE_FOREIGN_BLOCK);
  CHECK(cenote_heap_allocate(NULL, 10, &block) == CENOTE_BAD_OPTION);
  CHECK(cenote_heap_allocate(heap, 10, NULL) == CENOTE_BAD_OPTION);
  CHECK(cenote_heap_allocate_aligned(heap, 10, 16, NULL) == CENOTE_BAD_OPTION);
  CHECK(cenote_heap_allocate_zeroed(NULL, 10, 16, &block) == CENOTE_BAD_OPTION);
  CHECK(cenote_heap_reallocate(NULL, NULL, 16, &block) == CENOTE_BAD_OPTION);
  CHECK(block == &mark);
}

static void heap_keeps_its_limit(cenote_heap* heap) {
  void* block = NULL;
  cenote_heap_set_limit(heap, 1 << 20);
  CHECK(cenote_heap_allocate(heap, 4 << 20, &block) == CENOTE_LIMIT_REACHED);
  cenote_heap_set_limit(heap, 0);
  CHECK(cenote_heap_allocate(heap, 4 << 20, &block) == CENOTE_OK);
  memset(block, 1, 4 << 20);
  cenote_heap_deallocate(heap, block);
  CHECK(cenote_heap_trim(heap) > 0);
}

static void heap_reports_incorrect_calls(cenote_heap* heap, told* misuse) {
  int mark = 0;
  void* block = NULL;
  CHECK(cenote_heap_allocate(heap, 100, &block) == CENOTE_OK);
  cenote_heap_deallocate(heap, block);
  cenote_heap_deallocate(heap, block);
  CHECK(was_told(misuse, CENOTE_DOUBLE_FREE, block, "c heap"));
  cenote_heap_deallocate(heap, &mark);
  CHECK(was_told(misuse, CENOTE_FOREIGN_BLOCK, &mark, "c heap"));
  cenote_heap_deallocate(NULL, &mark);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  CHECK(cenote_heap_usable_size(NULL, &mark) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  CHECK(cenote_heap_trim(NULL) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_heap_set_limit(NULL, 1);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
}

static void heaps(told* misuse) {
  cenote_heap_options options = CENOTE_HEAP_OPTIONS;
  cenote_heap* heap = NULL;
  void* block = NULL;
  options.name = "c heap";
  options.limit_bytes = 256 << 20;
  CHECK(cenote_heap_create(&options, &heap) == CENOTE_OK);
  heap_serves_blocks(heap);
  heap_refuses(heap);
  heap_keeps_its_limit(heap);
  heap_reports_incorrect_calls(heap, misuse);
  CHECK(cenote_heap_allocate(heap, 1000, &block) == CENOTE_OK); /* ends with the heap */
  cenote_heap_destroy(heap);
  CHECK(misuse->calls == 0);
  cenote_heap_destroy(heap);
  CHECK(was_told(misuse, CENOTE_DOUBLE_FREE, heap, ""));
  cenote_heap_destroy(NULL);

  CHECK(cenote_heap_process() != NULL && cenote_heap_process() == cenote_heap_process());
  heap_serves_blocks(cenote_heap_process());
  CHECK(misuse->calls == 0);
  cenote_heap_destroy(cenote_heap_process());
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, cenote_heap_process(), "malloc"));

  CHECK(cenote_heap_create(NULL, &heap) == CENOTE_BAD_OPTION);
  CHECK(cenote_heap_create(&options, NULL) == CENOTE_BAD_OPTION);
  options.hardening = (cenote_hardening)3;
  CHECK(cenote_heap_create(&options, &heap) == CENOTE_BAD_OPTION);
}

/* --- pools ---------------------------------------------------------------------------------------------- */

static void pool_serves_blocks(cenote_sync sync, told* misuse, told* leak) {
  enum { kBlocks = 100 };
  cenote_pool_options options = CENOTE_POOL_OPTIONS;
  cenote_pool* pool = NULL;
  void* blocks[kBlocks];
  void* block = NULL;
  size_t i = 0;
  options.name = "c pool";
  options.block_size = 48;
  options.capacity = kBlocks;
  options.sync = sync;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_OK);
  CHECK(cenote_pool_capacity(pool) == kBlocks);
  for (i = 0; i < kBlocks; ++i) {
    CHECK(cenote_pool_allocate(pool, &blocks[i]) == CENOTE_OK);
    memset(blocks[i], (int)i, 48);
  }
  CHECK(cenote_pool_in_use(pool) == kBlocks);
  CHECK(cenote_pool_allocate(pool, &block) == CENOTE_EXHAUSTED);
  CHECK(block == NULL);
  for (i = 0; i < kBlocks; ++i) {
    CHECK(*(unsigned char*)blocks[i] == i);
    cenote_pool_deallocate(pool, blocks[i]);
  }
  CHECK(cenote_pool_in_use(pool) == 0);
  CHECK(misuse->calls == 0);
  cenote_pool_deallocate(pool, blocks[0]);
  CHECK(was_told(misuse, CENOTE_DOUBLE_FREE, blocks[0], "c pool"));
  cenote_pool_deallocate(pool, &options);
  CHECK(was_told(misuse, CENOTE_FOREIGN_BLOCK, &options, "c pool"));
  cenote_pool_deallocate(pool, NULL);

  CHECK(cenote_pool_allocate(pool, &block) == CENOTE_OK);
  CHECK(leak->calls == 0);
  cenote_pool_destroy(pool);
  CHECK(leak->calls == 1 && leak->blocks == 1 && strcmp(leak->pool, "c pool") == 0);
  memset(leak, 0, sizeof *leak);
  CHECK(misuse->calls == 0);
  cenote_pool_destroy(pool);
  CHECK(was_told(misuse, CENOTE_DOUBLE_FREE, pool, ""));
}

static void pool_grows_and_is_trimmed(void) {
  enum { kBlocks = 1000 };
  cenote_pool_options options = CENOTE_POOL_OPTIONS;
  cenote_pool* pool = NULL;
  void* blocks[kBlocks];
  size_t i = 0;
  options.block_size = 4096;
  options.capacity = 1;
  options.capacity_max = kBlocks;
  options.alignment = 64;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_OK);
  for (i = 0; i < kBlocks; ++i) {
    CHECK(cenote_pool_allocate(pool, &blocks[i]) == CENOTE_OK);
    CHECK((uintptr_t)blocks[i] % 64 == 0);
    memset(blocks[i], 1, 4096);
  }
  CHECK(cenote_pool_capacity(pool) == kBlocks);
  for (i = 0; i < kBlocks; ++i) cenote_pool_deallocate(pool, blocks[i]);
  CHECK(cenote_pool_trim(pool) > 0);
  CHECK(cenote_pool_capacity(pool) < kBlocks);
  cenote_pool_destroy(pool);
}

static void pool_refuses(told* misuse) {
  cenote_pool_options options = CENOTE_POOL_OPTIONS;
  cenote_pool* pool = NULL;
  void* block = NULL;
  CHECK(cenote_pool_create(NULL, &pool) == CENOTE_BAD_OPTION);
  CHECK(cenote_pool_create(&options, NULL) == CENOTE_BAD_OPTION);
  options.capacity = 10;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_ZERO_SIZE);
  options.block_size = 16;
  options.capacity = 0;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_BAD_OPTION);
  options.capacity = 10;
  options.alignment = 3;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_BAD_ALIGNMENT);
  options.alignment = 0;
  options.sync = (cenote_sync)4;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_BAD_OPTION);
  CHECK(pool == NULL);
  CHECK(cenote_pool_allocate(NULL, &block) == CENOTE_BAD_OPTION);
  cenote_pool_destroy(NULL);
  CHECK(misuse->calls == 0);
  cenote_pool_deallocate(NULL, NULL);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  CHECK(cenote_pool_in_use(NULL) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  CHECK(cenote_pool_capacity(NULL) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  CHECK(cenote_pool_trim(NULL) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
}

/* --- arenas --------------------------------------------------------------------------------------------- */

static void arena_returns_to_checkpoints(cenote_arena* arena, told* misuse) {
  void *first = NULL, *second = NULL, *third = NULL;
  cenote_checkpoint before, inner;
  const cenote_checkpoint nobodys = {{0}};
  CHECK(cenote_arena_allocate(arena, 100, &first) == CENOTE_OK);
  memset(first, 'a', 100);
  before = cenote_arena_checkpoint(arena);
  CHECK(cenote_arena_allocate(arena, 100, &second) == CENOTE_OK);
  inner = cenote_arena_checkpoint(arena);
  CHECK(cenote_arena_allocate(arena, 200000, &third) == CENOTE_OK); /* in a chunk of its own */
  cenote_arena_restore(arena, before);
  CHECK(cenote_arena_allocate(arena, 100, &third) == CENOTE_OK);
  CHECK(third == second);
  CHECK(((char*)first)[99] == 'a');
  CHECK(misuse->calls == 0);
  cenote_arena_restore(arena, inner);
  CHECK(misuse->misuse.error == CENOTE_DOUBLE_FREE && misuse->calls == 1);
  memset(misuse, 0, sizeof *misuse);
  cenote_arena_restore(arena, nobodys);
  CHECK(was_told(misuse, CENOTE_FOREIGN_BLOCK, NULL, "c arena"));
}

static void arena_is_reset(cenote_arena* arena) {
  void *first = NULL, *again = NULL;
  cenote_arena_reset(arena);
  CHECK(cenote_arena_allocate(arena, 100, &first) == CENOTE_OK);
  memset(first, 'a', 100);
  cenote_arena_reset(arena);
  CHECK(cenote_arena_allocate(arena, 100, &again) == CENOTE_OK);
  CHECK(again == first);
  memset(again, 'a', 100);
  cenote_arena_reset_scrubbed(arena, CENOTE_SCRUB_ZERO);
  CHECK(cenote_arena_allocate(arena, 100, &again) == CENOTE_OK);
  CHECK(again == first && ((char*)again)[0] == 0 && ((char*)again)[99] == 0);
}

static void arenas(told* misuse) {
  cenote_arena_options options = CENOTE_ARENA_OPTIONS;
  cenote_arena* arena = NULL;
  void* block = NULL;
  options.name = "c arena";
  options.limit_bytes = 1 << 20;
  CHECK(cenote_arena_create(&options, &arena) == CENOTE_OK);
  arena_returns_to_checkpoints(arena, misuse);
  arena_is_reset(arena);
  CHECK(cenote_arena_allocate_aligned(arena, 10, 4096, &block) == CENOTE_OK);
  CHECK((uintptr_t)block % 4096 == 0);
  CHECK(cenote_arena_allocate(arena, 0, &block) == CENOTE_ZERO_SIZE);
  CHECK(cenote_arena_allocate_aligned(arena, 10, 3, &block) == CENOTE_BAD_ALIGNMENT);
  CHECK(cenote_arena_allocate(arena, SIZE_MAX, &block) == CENOTE_TOO_LARGE);
  CHECK(cenote_arena_allocate(arena, 2 << 20, &block) == CENOTE_LIMIT_REACHED);
  CHECK(cenote_arena_allocate(arena, 10, NULL) == CENOTE_BAD_OPTION);
  CHECK(cenote_arena_allocate_aligned(NULL, 10, 16, &block) == CENOTE_BAD_OPTION);

  CHECK(misuse->calls == 0);
  CHECK(cenote_arena_checkpoint(NULL).opaque[0] == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_arena_restore(NULL, cenote_arena_checkpoint(arena));
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_arena_reset(NULL);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_arena_reset_scrubbed(NULL, CENOTE_SCRUB_NONE);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_arena_reset_scrubbed(arena, (cenote_scrub)3);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));

  cenote_arena_destroy(arena);
  CHECK(misuse->calls == 0);
  cenote_arena_destroy(arena);
  CHECK(was_told(misuse, CENOTE_DOUBLE_FREE, arena, ""));
  cenote_arena_destroy(NULL);

  CHECK(cenote_arena_create(NULL, &arena) == CENOTE_BAD_OPTION);
  CHECK(cenote_arena_create(&options, NULL) == CENOTE_BAD_OPTION);
  options.chunk_bytes = 0;
  CHECK(cenote_arena_create(&options, &arena) == CENOTE_BAD_OPTION);
}

/* --- the process ---------------------------------------------------------------------------------------- */

static void process_keeps_its_limit(void) {
  void* block = NULL;
  cenote_set_process_limit(1 << 20);
  CHECK(cenote_heap_allocate(cenote_heap_process(), 16 << 20, &block) == CENOTE_LIMIT_REACHED);
  cenote_set_process_limit(0);
  CHECK(cenote_heap_allocate(cenote_heap_process(), 16 << 20, &block) == CENOTE_OK);
  cenote_heap_deallocate(cenote_heap_process(), block);
}

static void statistics_list_what_has_a_name(told* misuse) {
  static char json[1 << 18];
  char start[20];
  cenote_pool_options options = CENOTE_POOL_OPTIONS;
  cenote_pool* pool = NULL;
  size_t length = 0;
  options.name = "c listed";
  options.block_size = 32;
  options.capacity = 10;
  CHECK(cenote_pool_create(&options, &pool) == CENOTE_OK);
  length = cenote_stats_json(json, sizeof json);
  CHECK(length > 100 && length < sizeof json && strlen(json) == length);
  CHECK(json[0] == '{' && json[length - 1] == '}');
  CHECK(strstr(json, "\"kind\":\"fixed_pool\",\"name\":\"c listed\"") != NULL);
  CHECK(strstr(json, "\"kind\":\"heap\",\"name\":\"malloc\"") != NULL);
  CHECK(cenote_stats_json(NULL, 0) > 100);
  CHECK(cenote_stats_json(start, sizeof start) > 100);
  CHECK(strlen(start) == sizeof start - 1 && strncmp(start, json, sizeof start - 1) == 0);
  CHECK(misuse->calls == 0);
  CHECK(cenote_stats_json(NULL, 1) == 0);
  CHECK(was_told(misuse, CENOTE_BAD_OPTION, NULL, ""));
  cenote_pool_destroy(pool);
}

int main(void) {
  told misuse, leak;
  memset(&misuse, 0, sizeof misuse);
  memset(&leak, 0, sizeof leak);
  cenote_set_misuse_handler(on_misuse, &misuse);
  cenote_set_leak_handler(on_leak, &leak);
  versions_agree();
  errors_have_names();
  heaps(&misuse);
  pool_serves_blocks(CENOTE_SYNC_SINGLE_THREAD, &misuse, &leak);
  pool_serves_blocks(CENOTE_SYNC_LOCKED, &misuse, &leak);
  pool_serves_blocks(CENOTE_SYNC_LOCK_FREE, &misuse, &leak);
  pool_serves_blocks(CENOTE_SYNC_THREAD_CACHED, &misuse, &leak);
  pool_grows_and_is_trimmed();
  pool_refuses(&misuse);
  arenas(&misuse);
  process_keeps_its_limit();
  statistics_list_what_has_a_name(&misuse);
  CHECK(misuse.calls == 0 && leak.calls == 0);
  cenote_set_misuse_handler(NULL, NULL);
  cenote_set_leak_handler(NULL, NULL);
  return failures;
}
