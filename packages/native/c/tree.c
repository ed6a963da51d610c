/* Entering a target and resolving paths in it. */
#include "tree.h"

enum { target_path = 1, target_mounts = 2 };

/* Mounts one on top of the other, in a mount namespace of our own; the descriptor of the last. */
static int open_mounts(struct ct_reader *body, uint32_t *index) {
  uint32_t count = ct_u32(body);
  if (count == 0 || body->bad) return ct_error(EBADMSG);
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
  int below = open("/", O_PATH | O_CLOEXEC);
  for (*index = 0; *index < count; ++*index) {
    struct ct_mount plan = ct_mount_of(body);
    if (body->bad) return ct_error(EBADMSG);
    int fd = ct_mount_open(&plan);
    if (fd < 0 || ct_mount_attach(fd, below) < 0) return -1;
    ct_close(&below);
    below = fd;
  }
  return below;
}

static int open_target(struct ct_op *op, uint32_t *index) {
  if (op->code == target_mounts) return open_mounts(&op->body, index);
  if (op->code != target_path) return ct_error(EBADMSG);
  return open(ct_string(&op->body), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

struct ct_reader ct_tree_open(struct ct_tree *tree) {
  struct ct_op op = {.index = CT_BEFORE};
  struct ct_reader message = ct_message_read(STDIN_FILENO);
  uint32_t index = 0;
  *tree = (struct ct_tree){.parent.fd = -1, .existing.fd = -1, .op.index = CT_BEFORE, .path = ""};
  errno = EBADMSG;
  if (!ct_next_op(&message, &op)) ct_fail(CT_STAGE_PLAN, 0, "");
  tree->root = open_target(&op, &index);
  if (tree->root < 0) ct_fail(CT_STAGE_MOUNT, index, "");
  errno = EBADMSG;
  if (!ct_done(&op.body)) ct_fail(CT_STAGE_PLAN, 0, "");
  if (fchdir(tree->root) < 0 || chroot(".") < 0) ct_fail(CT_STAGE_MOUNT, index, "");
  return message;
}

/* Only names that say where they are: no "..", not absolute. What links on the way mean is the kernel's to resolve. */
static bool is_plain(const char *path) {
  if (path[0] == '/' || path[0] == 0) return false;
  for (const char *at = path; at != NULL; at = strchr(at, '/')) {
    at += *at == '/';
    if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == 0)) return false;
  }
  return true;
}

int ct_tree_place(struct ct_tree *tree, struct ct_parent *cache, const char *path, bool make, struct ct_place *out) {
  if (tree->stale) {
    ct_close(&tree->parent.fd);
    ct_close(&tree->existing.fd);
  }
  tree->stale = false;
  const char *slash = strrchr(path, '/');
  *out = (struct ct_place){.dir = tree->root, .name = slash == NULL ? path : slash + 1};
  if (!is_plain(path)) return ct_error(EINVAL);
  if (slash == NULL) return 0;
  size_t length = (size_t)(slash - path);
  if (out->name[0] == 0 || strcmp(out->name, ".") == 0) return ct_error(EINVAL);
  if (length >= sizeof cache->path) return ct_error(ENAMETOOLONG);
  if (cache->fd < 0 || strncmp(cache->path, path, length) != 0 || cache->path[length] != 0) {
    ct_close(&cache->fd);
    memcpy(cache->path, path, length);
    cache->path[length] = 0;
    cache->fd = make ? ct_path_make(tree->root, cache->path, true) : ct_path_open(tree->root, cache->path, O_PATH | O_DIRECTORY);
  }
  out->dir = cache->fd;
  return cache->fd < 0 ? -1 : 0;
}
