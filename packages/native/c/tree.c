/* Entering a target and resolving paths in it. */
#define _GNU_SOURCE
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "io.h"
#include "mount.h"
#include "path.h"
#include "report.h"

static int fail(int error) {
  errno = error;
  return -1;
}

/* Mounts one on top of the other, in a mount namespace of our own; the descriptor of the last. */
static int open_mounts(struct ct_reader *body, uint32_t *index) {
  uint32_t count = ct_u32(body);
  int below = -1;
  if (count == 0 || body->bad) return fail(EBADMSG);
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
  for (*index = 0; *index < count; ++*index) {
    struct ct_mount plan = ct_mount_of(body);
    if (body->bad) return fail(EBADMSG);
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
  if (op->code != CT_TARGET_PATH) return fail(EBADMSG);
  return open(ct_string(&op->body), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void ct_tree_open(struct ct_tree *tree, struct ct_reader *rest) {
  struct ct_reader message;
  struct ct_op op;
  uint32_t next = 0, index = 0;
  *tree = (struct ct_tree){.root = -1, .parent.fd = -1, .existing.fd = -1, .path = ""};
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

/* Only names that say where they are: no "..", not absolute. What links on the way mean is the kernel's to resolve. */
static bool is_plain(const char *path) {
  if (path[0] == '/' || path[0] == 0) return false;
  for (const char *at = path; *at; at += *at == '/') {
    size_t length = strcspn(at, "/");
    if (length == 2 && at[0] == '.' && at[1] == '.') return false;
    at += length;
  }
  return true;
}

int ct_tree_place(struct ct_tree *tree, struct ct_parent *cache, const char *path, bool make, struct ct_place *out) {
  if (tree->stale) forget(&tree->parent), forget(&tree->existing);
  tree->stale = false;
  if (!is_plain(path)) return fail(EINVAL);
  const char *slash = strrchr(path, '/');
  out->name = slash ? slash + 1 : path;
  out->dir = tree->root;
  if (!slash) return 0;
  size_t length = (size_t)(slash - path);
  if (out->name[0] == 0 || strcmp(out->name, ".") == 0) return fail(EINVAL);
  if (length >= sizeof cache->path) return fail(ENAMETOOLONG);
  if (cache->fd < 0 || cache->length != length || memcmp(cache->path, path, length) != 0) {
    forget(cache);
    memcpy(cache->path, path, length);
    cache->path[length] = 0;
    cache->length = length;
    cache->fd = make ? ct_path_make(tree->root, cache->path, true) : ct_path_open(tree->root, cache->path, O_PATH | O_DIRECTORY);
  }
  out->dir = cache->fd;
  return cache->fd < 0 ? -1 : 0;
}
