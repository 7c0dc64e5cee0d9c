#include "libc.h"

#define PAGE 65536

/* A free piece of memory, or in front of one that is in use its size; in the order of addresses, each apart from the next. */
typedef struct Piece {
  size_t size;
  struct Piece *next;
} Piece;

extern char __heap_base;
static Piece *unused;

static bool join(Piece *piece, const Piece *next) {
  if ((char *)piece + piece->size != (const char *)next) return false;
  piece->size += next->size;
  piece->next = next->next;
  return true;
}

static void give(Piece *piece) {
  Piece *before = NULL;
  Piece *after = unused;
  while (after != NULL && after < piece) {
    before = after;
    after = after->next;
  }
  piece->next = after;
  if (after != NULL) join(piece, after);
  if (before == NULL) unused = piece;
  else if (!join(before, piece)) before->next = piece;
}

/* More of the memory, which its largest size bounds. */
static bool grow(size_t size) {
  static bool begun;
  const size_t pages = (size + PAGE - 1) / PAGE;
  const size_t end = __builtin_wasm_memory_grow(0, pages);
  if (end == SIZE_MAX) return false;
  /* What lies between the program's own data and the end of the memory it began with. */
  size_t start = end * PAGE;
  if (!begun) start = ((size_t)&__heap_base + sizeof(Piece) - 1) & ~(sizeof(Piece) - 1);
  begun = true;
  Piece *piece = (Piece *)start;
  piece->size = (end + pages) * PAGE - start;
  give(piece);
  return true;
}

void *malloc(size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  const size_t whole = (size + 2 * sizeof(Piece) - 1) & ~(sizeof(Piece) - 1);
  do {
    for (Piece **at = &unused; *at != NULL; at = &(*at)->next) {
      Piece *piece = *at;
      if (piece->size < whole) continue;
      if (piece->size == whole) {
        *at = piece->next;
        return piece + 1;
      }
      /* Its end: what is left keeps its place. */
      piece->size -= whole;
      piece = (Piece *)((char *)piece + piece->size);
      piece->size = whole;
      return piece + 1;
    }
  } while (grow(whole));
  return NULL;
}

void *calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  void *pointer = malloc(count * size);
  if (pointer != NULL) memset(pointer, 0, count * size);
  return pointer;
}

void free(void *pointer) {
  if (pointer != NULL) give((Piece *)pointer - 1);
}

/* Each is one instruction of WebAssembly. */
void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) {
  return __builtin_memmove(to, from, size);
}

void *memset(void *at, int byte, size_t size) {
  return __builtin_memset(at, byte, size);
}

int memcmp(const void *one, const void *other, size_t size) {
  const unsigned char *left = one;
  const unsigned char *right = other;
  for (size_t at = 0; at < size; at++)
    if (left[at] != right[at]) return left[at] - right[at];
  return 0;
}
