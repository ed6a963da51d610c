/* Entering a target and resolving paths in it. */
#define _GNU_SOURCE
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "mount.h"
#include "report.h"

static int open_inside(int root, const char *path, int flags) {
  struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  for (;;) {
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return fd; /* EAGAIN: a rename raced with the ".." of a link */
  }
}

static int malformed(void) {
  errno = EBADMSG;
  return -1;
}

/* Mounts one on top of the other, in a mount namespace of our own; the descriptor of the last. */
static int open_mounts(struct ct_reader *body, uint32_t *index) {
  uint32_t count = ct_u32(body);
  int below = -1;
  if (count == 0 || body->bad) return malformed();
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
  for (*index = 0; *index < count; ++*index) {
    struct ct_mount plan = ct_mount_of(body);
    if (body->bad) return malformed();
    int fd = ct_mount_open(&plan);
    int place = below >= 0 ? below : open("/", O_PATH | O_CLOEXEC);
    if (fd < 0 || place < 0 || ct_mount_attach(fd, place) < 0) return -1;
    close(place);
    below = fd;
  }
  return below;
}

static int open_target(struct ct_op *op, uint32_t *index) {
  if (op->code == CT_TARGET_MOUNTS) return open_mounts(&op->body, index);
  if (op->code != CT_TARGET_PATH) return malformed();
  return open(ct_string(&op->body), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void ct_tree_open(struct ct_tree *tree, struct ct_reader *rest) {
  struct ct_reader message;
  struct ct_op op;
  uint32_t next = 0, index = 0;
  *tree = (struct ct_tree){.root = -1, .parent.fd = -1, .existing.fd = -1};
  errno = ct_message_read(STDIN_FILENO, &message);
  if (errno != 0) ct_tree_fail(CT_STAGE_PLAN, 0, "");
  errno = EBADMSG;
  if (!ct_next_op(&message, &next, &op)) ct_tree_fail(CT_STAGE_PLAN, 0, "");
  tree->root = open_target(&op, &index);
  if (tree->root < 0) ct_tree_fail(CT_STAGE_MOUNT, index, "");
  errno = EBADMSG;
  if (!ct_done(&op.body) || (rest == NULL && !ct_done(&message))) ct_tree_fail(CT_STAGE_PLAN, 0, "");
  if (fchdir(tree->root) < 0 || chroot(".") < 0) ct_tree_fail(CT_STAGE_MOUNT, index, "");
  if (rest != NULL) *rest = message;
}

void ct_tree_fail(uint8_t stage, uint32_t index, const char *path) {
  struct ct_report report = {.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = errno};
  ct_report_send(CT_STATUS_FD, &report);
  (void)!ct_write_all(CT_STATUS_FD, path, strlen(path));
  _exit(1);
}

static void forget(struct ct_parent *parent) {
  if (parent->fd >= 0) close(parent->fd);
  parent->fd = -1;
}

static void forget_stale(struct ct_tree *tree) {
  if (!tree->stale) return;
  forget(&tree->parent);
  forget(&tree->existing);
  tree->stale = false;
}

/* Only names that say where they are: no "..", not absolute. What links on the way mean is the kernel's to resolve. */
static bool is_plain(const char *path) {
  if (path[0] == '/' || path[0] == '\0') return false;
  for (const char *at = path; *at; at += *at == '/') {
    size_t length = strcspn(at, "/");
    if (length == 2 && at[0] == '.' && at[1] == '.') return false;
    at += length;
  }
  return true;
}

int ct_tree_open_file(struct ct_tree *tree, const char *path, int flags) {
  return open_inside(tree->root, path, flags);
}

/* Opens a directory, making what is missing of it one component after the other. */
static int open_made(int root, char *path) {
  int fd = open_inside(root, path, O_PATH | O_DIRECTORY);
  if (fd >= 0 || errno != ENOENT) return fd;
  char *slash = strrchr(path, '/');
  int parent = root;
  if (slash) {
    *slash = '\0';
    parent = open_made(root, path);
    *slash = '/';
  }
  if (parent < 0) return -1;
  const char *name = slash ? slash + 1 : path;
  int made = *name ? mkdirat(parent, name, 0755) : 0;
  int error = errno;
  if (parent != root) close(parent);
  if (made < 0 && error != EEXIST) {
    errno = error;
    return -1;
  }
  return open_inside(root, path, O_PATH | O_DIRECTORY); /* ENOENT again where the name is a link to nothing */
}

int ct_tree_place(struct ct_tree *tree, struct ct_parent *cache, const char *path, bool make, struct ct_place *out) {
  forget_stale(tree);
  if (!is_plain(path)) {
    errno = EINVAL;
    return -1;
  }
  const char *slash = strrchr(path, '/');
  out->name = slash ? slash + 1 : path;
  out->dir = tree->root;
  if (!slash) return 0;
  size_t length = (size_t)(slash - path);
  if (out->name[0] == '\0' || strcmp(out->name, ".") == 0) {
    errno = EINVAL;
    return -1;
  }
  if (length >= sizeof cache->path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (cache->fd < 0 || cache->length != length || memcmp(cache->path, path, length) != 0) {
    forget(cache);
    memcpy(cache->path, path, length);
    cache->path[length] = '\0';
    cache->length = length;
    cache->fd = make ? open_made(tree->root, cache->path) : open_inside(tree->root, cache->path, O_PATH | O_DIRECTORY);
  }
  out->dir = cache->fd;
  return cache->fd < 0 ? -1 : 0;
}
