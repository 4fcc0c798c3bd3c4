/* A server's memory in C: connections from a pool, so that no more than 64 are open; what a request needs
 * from an arena, which one call takes back; answers that stay from a heap with a limit. Checks its own
 * result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cenote/cenote.h>

typedef struct connection {
  int number;
  int requests;
} connection;

typedef struct server {
  cenote_pool* connections;
  cenote_arena* request; /* of the request that is being served */
  cenote_heap* answers;
} server;

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "c_api: %s\n", what);
  exit(EXIT_FAILURE);
}

static cenote_error open_server(server* it) {
  cenote_pool_options connections = CENOTE_POOL_OPTIONS;
  cenote_arena_options request = CENOTE_ARENA_OPTIONS;
  cenote_heap_options answers = CENOTE_HEAP_OPTIONS;
  cenote_error error = CENOTE_OK;
  connections.name = "connections";
  connections.block_size = sizeof(connection);
  connections.capacity = 64;
  connections.sync = CENOTE_SYNC_SINGLE_THREAD;
  request.name = "request";
  request.limit_bytes = 1 << 20;
  answers.name = "answers";
  answers.limit_bytes = 16 << 20;
  error = cenote_pool_create(&connections, &it->connections);
  if (error == CENOTE_OK) error = cenote_arena_create(&request, &it->request);
  if (error == CENOTE_OK) error = cenote_heap_create(&answers, &it->answers);
  return error;
}

static void close_server(server* it) { /* null pointers are fine */
  cenote_heap_destroy(it->answers);
  cenote_arena_destroy(it->request);
  cenote_pool_destroy(it->connections);
}

/* The answer lies in the server's heap: "<number>: <text, twice>". */
static cenote_error serve(server* it, connection* from, const char* text, char** answer) {
  const size_t length = strlen(text);
  void *scratch = NULL, *result = NULL;
  cenote_error error = cenote_arena_allocate(it->request, 2 * length + 1, &scratch);
  if (error != CENOTE_OK) return error;
  memcpy(scratch, text, length);
  memcpy((char*)scratch + length, text, length + 1);
  error = cenote_heap_allocate(it->answers, 2 * length + 32, &result);
  if (error == CENOTE_OK) {
    sprintf((char*)result, "%d: %s", from->number, (char*)scratch);
    ++from->requests;
    *answer = (char*)result;
  }
  cenote_arena_reset(it->request); /* whatever the request took */
  return error;
}

static void* open_connection(server* it, int number) {
  void* memory = NULL;
  connection* made = NULL;
  if (cenote_pool_allocate(it->connections, &memory) != CENOTE_OK) return NULL;
  made = (connection*)memory;
  made->number = number;
  made->requests = 0;
  return made;
}

static void complain(const cenote_misuse* misuse, void* calls) {
  ++*(int*)calls;
  printf("incorrect call on pool \"%s\": %s\n", misuse->pool, cenote_error_string(misuse->error));
}

int main(void) {
  enum { kConnections = 64 };
  server it = {NULL, NULL, NULL};
  connection* open[kConnections];
  char* answer = NULL;
  char* large = NULL;
  int incorrect_calls = 0;
  int i = 0;
  static char json[1 << 16];

  printf("cenote %s\n", cenote_version());
  expect(open_server(&it) == CENOTE_OK, "the server does not open");

  for (i = 0; i < kConnections; ++i) open[i] = (connection*)open_connection(&it, i);
  expect(open_connection(&it, i) == NULL, "a 65th connection is open");
  expect(cenote_pool_in_use(it.connections) == kConnections, "a connection is missing");

  expect(serve(&it, open[7], "ping ", &answer) == CENOTE_OK && strcmp(answer, "7: ping ping ") == 0,
         "wrong answer");
  cenote_heap_deallocate(it.answers, answer);

  /* A request that is too large is refused by the arena's limit, and changes nothing. */
  large = (char*)calloc(1 << 20, 1);
  expect(large != NULL, "no memory");
  memset(large, 'x', (1 << 20) - 1);
  expect(serve(&it, open[7], large, &answer) == CENOTE_LIMIT_REACHED && open[7]->requests == 1,
         "not refused");
  free(large);

  /* An incorrect call is reported, and has no effect. */
  cenote_set_misuse_handler(complain, &incorrect_calls);
  cenote_pool_deallocate(it.connections, open[0]);
  cenote_pool_deallocate(it.connections, open[0]);
  cenote_set_misuse_handler(NULL, NULL);
  expect(incorrect_calls == 1, "the double free was not reported");
  expect(cenote_pool_in_use(it.connections) == kConnections - 1, "a connection was returned twice");

  cenote_stats_json(json, sizeof json);
  expect(strstr(json, "\"name\":\"connections\"") != NULL, "the pool is not in the statistics");

  for (i = 1; i < kConnections; ++i) cenote_pool_deallocate(it.connections, open[i]);
  close_server(&it);
  return EXIT_SUCCESS;
}
