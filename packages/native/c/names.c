#define _GNU_SOURCE
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* All names, one after the other, each with its NUL; the length, or -1. */
static ssize_t read_bytes(DIR *stream, struct ct_names *names) {
  size_t length = 0, capacity = 0;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(stream)) != NULL; errno = 0) {
    size_t size = strlen(entry->d_name) + 1;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (capacity - length < size) {
      capacity = (length + size) * 2 + 1024;
      char *grown = realloc(names->bytes, capacity);
      if (grown == NULL) return -1;
      names->bytes = grown;
    }
    memcpy(names->bytes + length, entry->d_name, size);
    length += size;
    names->count++;
  }
  return errno == 0 ? (ssize_t)length : -1;
}

static int index_bytes(struct ct_names *names) {
  if (names->count == 0) return 0;
  names->at = malloc(names->count * sizeof *names->at);
  if (names->at == NULL) return -1;
  char *name = names->bytes;
  for (size_t i = 0; i < names->count; i++, name += strlen(name) + 1) names->at[i] = name;
  qsort(names->at, names->count, sizeof *names->at, compare);
  return 0;
}

int ct_names_read(int dir, struct ct_names *names) {
  *names = (struct ct_names){0};
  int own = fcntl(dir, F_DUPFD_CLOEXEC, 0);
  DIR *stream = own < 0 ? NULL : fdopendir(own);
  if (stream == NULL) {
    if (own >= 0) close(own);
    return -1;
  }
  int result = read_bytes(stream, names) < 0 || index_bytes(names) < 0 ? -1 : 0;
  int error = errno;
  closedir(stream);
  if (result < 0) ct_names_free(names);
  errno = error;
  return result;
}

void ct_names_free(struct ct_names *names) {
  free(names->at);
  free(names->bytes);
  *names = (struct ct_names){0};
}
