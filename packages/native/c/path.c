#define _GNU_SOURCE
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { max_links = 40, max_races = 64 };

int ct_path_open(int root, const char *path, int flags) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  for (int race = 0;; race++) {
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) return (int)fd;
    if (errno != EINTR && (errno != EAGAIN || race == max_races)) return -1; /* EAGAIN: a rename while `..` was walked */
  }
}

static int fail(int error) {
  errno = error;
  return -1;
}

/* Opens the longest beginning of `path` that exists; *end is its length. */
static int open_existing(int root, char *path, size_t *end) {
  for (*end = strlen(path);;) {
    char kept = path[*end];
    path[*end] = 0;
    int fd = ct_path_open(root, *end == 0 ? "/" : path, O_PATH);
    path[*end] = kept;
    if (fd >= 0 || errno != ENOENT || *end == 0) return fd;
    while (*end > 0 && path[*end - 1] == '/') (*end)--;
    while (*end > 0 && path[*end - 1] != '/') (*end)--;
  }
}

/* Makes one entry. 1: made or there; 0: it is a dangling link, whose target was put into `link`; -1: errno. */
static int make_entry(int parent, const char *name, bool directory, char link[PATH_MAX]) {
  if (strcmp(name, "..") == 0) return fail(EINVAL);
  if (directory) {
    if (mkdirat(parent, name, 0755) == 0) return 1;
  } else {
    int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0) return close(fd), 1;
  }
  if (errno != EEXIST) return -1;
  ssize_t size = readlinkat(parent, name, link, PATH_MAX);
  if (size < 0) return errno == EINVAL ? 1 : -1; /* no link */
  if (size == PATH_MAX) return fail(ENAMETOOLONG);
  link[size] = 0;
  return 0;
}

/* Makes `path` link + path[after..]; a relative link stands behind path[0..at]. */
static int insert_link(char path[PATH_MAX], size_t at, size_t after, const char *link) {
  char whole[PATH_MAX];
  size_t before = *link == '/' ? 0 : at, middle = strlen(link), rest = strlen(path + after) + 1;
  if (before + middle + rest > PATH_MAX) return fail(ENAMETOOLONG);
  memcpy(whole, path, before);
  memcpy(whole + before, link, middle);
  memcpy(whole + before + middle, path + after, rest);
  memcpy(path, whole, before + middle + rest);
  return 0;
}

/* Makes what is missing behind path[0..at], which `parent` refers to. -2: a link was put in place, look again. */
static int make_rest(int parent, char path[PATH_MAX], size_t at, bool directory) {
  while (path[at] != 0) {
    char name[NAME_MAX + 1], link[PATH_MAX];
    size_t start = at + strspn(path + at, "/"), size = strcspn(path + start, "/");
    at = start + size;
    if (size > NAME_MAX) return close(parent), fail(ENAMETOOLONG);
    if (size == 0 || (size == 1 && path[start] == '.')) continue;
    memcpy(name, path + start, size);
    name[size] = 0;
    bool isDirectory = directory || path[at + strspn(path + at, "/")] != 0;
    int made = make_entry(parent, name, isDirectory, link);
    if (made == 1) {
      int child = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (isDirectory ? O_DIRECTORY : 0));
      close(parent);
      if (child < 0) return -1;
      parent = child;
      continue;
    }
    close(parent);
    return made == 0 && insert_link(path, start, at, link) == 0 ? -2 : -1;
  }
  return parent;
}

int ct_path_make(int root, const char *path, bool directory) {
  char rest[PATH_MAX];
  size_t size = strlen(path);
  if (size >= sizeof rest) return fail(ENAMETOOLONG);
  memcpy(rest, path, size + 1);
  for (int links = 0; links < max_links; links++) {
    size_t end;
    int fd = open_existing(root, rest, &end);
    if (fd < 0) return -1;
    fd = make_rest(fd, rest, end, directory);
    if (fd != -2) return fd;
  }
  return fail(ELOOP);
}

int ct_path_parent(int root, const char *path, const char **name) {
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  *name = slash == NULL ? path : slash + 1;
  size_t size = (size_t)(*name - path);
  if (**name == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) return fail(EINVAL);
  if (size >= sizeof parent) return fail(ENAMETOOLONG);
  memcpy(parent, path, size);
  parent[size] = 0;
  return ct_path_make(root, size == 0 ? "/" : parent, true);
}
