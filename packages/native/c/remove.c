/* Recursive removal by file descriptor: one directory open at a time, so depth costs neither fds nor path length. */
#include "tree.h"

/* Where the walk came from: ".." must lead back to exactly this directory, or somebody moved the tree meanwhile. */
struct trail {
  struct stat *at;
  size_t depth, capacity;
};

static int open_directory(int dir, const char *name) { return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

/* Removes an entry that is no directory, or an empty one: 0 removed, 1 a directory with children, -1 an error. */
static int remove_shallow(int dir, const char *name) {
  if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return -1;
  int error = errno;
  if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  if (errno == ENOTEMPTY || errno == EEXIST) return 1;
  if (errno == ENOTDIR) errno = error;
  return -1;
}

static int push(struct trail *trail, int dir) {
  if (trail->depth == trail->capacity) {
    size_t capacity = trail->capacity * 2 + 64;
    void *grown = realloc(trail->at, capacity * sizeof *trail->at);
    if (grown == NULL) return -1;
    trail->at = grown;
    trail->capacity = capacity;
  }
  return fstat(dir, &trail->at[trail->depth++]);
}

/* Steps from a finished directory to the one it was entered from. */
static int ascend(struct trail *trail, int dir) {
  struct stat found;
  const struct stat *want = &trail->at[--trail->depth];
  int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (up < 0 || (fstat(up, &found) == 0 && found.st_dev == want->st_dev && found.st_ino == want->st_ino)) return up;
  ct_close(&up);
  return ct_error(ESTALE);
}

/* Removes what can be removed in a directory; the first child with children of its own is opened: its fd, -2 when none is left. */
static int remove_entries(DIR *stream) {
  int dir = dirfd(stream);
  errno = 0;
  for (struct dirent *entry; (entry = readdir(stream)); errno = 0) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    int left = remove_shallow(dir, name);
    if (left < 0) return -1;
    if (left == 0) continue;
    int child = open_directory(dir, name);
    if (child >= 0 || errno != ENOENT) return child;
  }
  return errno ? -1 : -2;
}

/* Empties the directory `dir`, which it closes. After each level the parent is read again: what is done is gone from it. */
static int empty(struct trail *trail, int dir) {
  while (dir >= 0) {
    DIR *stream = fdopendir(dir);
    if (stream == NULL) return ct_close(&dir), -1;
    int next = remove_entries(stream);
    if (next >= 0 && push(trail, dir) < 0) ct_close(&next);
    if (next == -2 && trail->depth > 0) next = ascend(trail, dir);
    int error = errno;
    closedir(stream);
    errno = error;
    dir = next;
  }
  return dir == -2 ? 0 : -1;
}

int ct_clear(struct ct_place place) {
  int dir = open_directory(place.dir, place.name);
  if (dir < 0) return errno == ENOENT ? 0 : -1;
  struct trail trail = {0};
  int result = empty(&trail, dir);
  free(trail.at);
  return result;
}

int ct_remove(struct ct_place place) {
  int left = remove_shallow(place.dir, place.name);
  if (left <= 0) return left;
  if (ct_clear(place) < 0) return -1;
  return unlinkat(place.dir, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}
