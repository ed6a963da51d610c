#include "mount.h"
#include <linux/openat2.h>

enum { max_links = 40, max_races = 64, no_link = -2 };

struct making {
  int root, links; /* links: how many dangling ones were followed */
};

int ct_path_open(int root, const char *path, int flags) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  for (int race = 0;; race++) {
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) return (int)fd;
    if (errno != EINTR && (errno != EAGAIN || race == max_races)) return -1; /* EAGAIN: a rename while `..` was walked */
  }
}

static int make(struct making *m, char *path, bool directory);

/* Makes what a dangling link stands for, or gives no_link; `above` is the path of the directory it is in. */
static int make_target(struct making *m, int parent, const char *above, const char *name, bool directory) {
  char link[PATH_MAX], target[PATH_MAX];
  ssize_t size = readlinkat(parent, name, link, sizeof link);
  if (size < 0) return errno == EINVAL ? no_link : -1;
  int length = snprintf(target, sizeof target, "%s/%.*s", *link == '/' ? "" : above, (int)size, link);
  if (size == sizeof link || length >= (int)sizeof target) return ct_error(ENAMETOOLONG);
  return ++m->links > max_links ? ct_error(ELOOP) : make(m, target, directory);
}

/* Opens the path, which begins with a slash and is cut up on the way; what is missing is made from the top down. */
static int make(struct making *m, char *path, bool directory) {
  int fd = ct_path_open(m->root, *path == 0 ? "/" : path, O_PATH);
  if (fd >= 0 || errno != ENOENT || *path == 0) return fd;
  char *slash = strrchr(path, '/'), *name = slash + 1;
  *slash = 0;
  if (*name == 0 || strcmp(name, ".") == 0) return make(m, path, true);
  if (strcmp(name, "..") == 0) return ct_error(EINVAL);
  CT_CLOSES int parent = make(m, path, true);
  if (parent < 0) return -1;
  CT_CLOSES int file = directory ? -1 : openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  bool made = directory ? mkdirat(parent, name, 0755) == 0 : file >= 0;
  if (!made && errno != EEXIST) return -1;
  fd = made ? no_link : make_target(m, parent, path, name, directory);
  return fd == no_link ? openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (directory ? O_DIRECTORY : 0)) : fd;
}

int ct_path_make(int root, const char *path, bool directory) {
  char whole[PATH_MAX];
  struct making making = {.root = root};
  if (snprintf(whole, sizeof whole, "/%s", path) >= (int)sizeof whole) return ct_error(ENAMETOOLONG);
  return make(&making, whole, directory);
}

int ct_path_parent(int root, const char *path, const char **name) {
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  *name = slash == NULL ? path : slash + 1;
  if (**name == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) return ct_error(EINVAL);
  if (snprintf(parent, sizeof parent, "%.*s", (int)(*name - path), path) >= (int)sizeof parent) return ct_error(ENAMETOOLONG);
  return ct_path_make(root, parent, true);
}
