/* What the libstdc++.a and libgcc_eh.a of a glibc system call and musl lacks. Every program of the preset links it. */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

char __libc_single_threaded = 0;

unsigned arc4random(void) {
  unsigned bits = 0;
  getrandom(&bits, sizeof bits, 0);
  return bits;
}

/* glibc 2.35's <dlfcn.h>: where the frames of the functions at an address are described. */
struct dl_find_object {
  unsigned long long flags;
  void *map_start, *map_end;
  struct link_map *link_map;
  void *eh_frame;
  unsigned long long reserved[7];
};

struct search {
  uintptr_t address;
  struct dl_find_object *found;
};

static int look_into(struct dl_phdr_info *object, size_t size, void *argument) {
  struct search *search = argument;
  void *eh_frame = NULL;
  int is_here = 0;
  (void)size;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    const uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_GNU_EH_FRAME) eh_frame = (void *)start;
    if (header->p_type != PT_LOAD || search->address - start >= header->p_memsz) continue;
    search->found->map_start = (void *)start;
    search->found->map_end = (void *)(start + header->p_memsz);
    is_here = 1;
  }
  search->found->eh_frame = eh_frame;
  return is_here && eh_frame != NULL;
}

int _dl_find_object(void *address, struct dl_find_object *found) {
  struct search search = {(uintptr_t)address, found};
  *found = (struct dl_find_object){0};
  return dl_iterate_phdr(look_into, &search) ? 0 : -1;
}
