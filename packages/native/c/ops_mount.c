/* Operations on mounts. Targets are opened inside the root, mounts are made detached, and both meet by descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child.h"
#include "path.h"

static int propagate(int fd, uint64_t propagation, bool recursive) {
  struct mount_attr change = {.propagation = propagation};
  if (propagation == 0) return 0;
  return mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u), &change, sizeof change);
}

/* Closes both and keeps the errno of what failed. */
static int done(int result, int first, int second) {
  int error = errno;
  if (first >= 0) close(first);
  if (second >= 0) close(second);
  errno = error;
  return result;
}

static int open_clone(int fd, bool recursive) {
  return open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u));
}

/* Attaches the mount on the path; its descriptor then refers to the new root. */
static int stack_on(const char *path, int mount) {
  int target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (mount < 0 || target < 0 || ct_mount_attach(mount, target) != 0) return done(-1, mount, target);
  return done(mount, target, -1);
}

int ct_op_root(struct ct_child *c, const struct ct_operation *op) {
  struct mount_attr change = {.propagation = op->propagation};
  if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &change, sizeof change) != 0) return -1;
  struct ct_list mounts = op->mounts;
  if (c->root >= 0) close(c->root);
  c->root = -1;
  if (mounts.count == 0) {
    struct ct_mount self = {.type = "", .source = op->target, .recursive = true};
    c->root = stack_on(op->target, ct_mount_open(&self));
  }
  for (uint32_t i = 0; i < mounts.count; i++) {
    struct ct_mount m = ct_mount_of(&mounts.items);
    if (c->root >= 0) close(c->root);
    c->root = stack_on(op->target, ct_mount_open(&m));
    if (c->root < 0) return -1;
  }
  return c->root < 0 ? -1 : 0;
}

static int open_target(struct ct_child *c, const struct ct_operation *op) {
  if (op->type == CT_MISSING_FAIL) return ct_path_open(c->root, op->target, O_PATH);
  return ct_path_make(c->root, op->target, op->type == CT_MISSING_DIRECTORY);
}

int ct_op_mount(struct ct_child *c, const struct ct_operation *op) {
  int mount = ct_mount_open(&op->mount);
  if (mount < 0) return -1;
  int target = open_target(c, op);
  if (target < 0) return done(-1, mount, -1);
  if (op->flag && ct_copy_up(target, mount) != 0) return done(-1, mount, target);
  if (ct_mount_attach(mount, target) != 0) return done(-1, mount, target);
  return done(propagate(mount, op->propagation, op->mount.recursive), mount, target);
}

int ct_op_attributes(struct ct_child *c, const struct ct_operation *op) {
  int fd = ct_path_open(c->root, op->target, O_PATH);
  return fd < 0 ? -1 : done(ct_mount_change(fd, &op->mount.attributes), fd, -1);
}

bool ct_is_device(int fd, unsigned major, unsigned minor) {
  struct stat info;
  if (fstat(fd, &info) != 0) return false;
  if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(major, minor)) return true;
  errno = EINVAL;
  return false;
}

/* A clone of the root's /dev/null, which must really be that device. */
static int open_null(struct ct_child *c) {
  int null = ct_path_open(c->root, "/dev/null", O_PATH);
  if (null < 0) return -1;
  int clone = ct_is_device(null, 1, 3) ? open_clone(null, false) : -1;
  return done(clone, null, -1);
}

/* An empty read-only directory: one file system for all masks. */
static int open_empty(struct ct_child *c) {
  if (c->empty >= 0) return open_clone(c->empty, false);
  const struct ct_mount empty = {.type = "tmpfs", .source = "tmpfs", .attributes = {.set = MOUNT_ATTR_RDONLY}};
  c->empty = ct_mount_open(&empty);
  return c->empty < 0 ? -1 : fcntl(c->empty, F_DUPFD_CLOEXEC, 0);
}

int ct_op_mask(struct ct_child *c, const struct ct_operation *op) {
  struct stat info;
  int target = ct_path_open(c->root, op->target, O_PATH);
  if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  if (fstat(target, &info) != 0) return done(-1, target, -1);
  int mount = S_ISDIR(info.st_mode) ? open_empty(c) : open_null(c);
  if (mount < 0) return done(-1, target, -1);
  return done(ct_mount_attach(mount, target), mount, target);
}

int ct_op_readonly(struct ct_child *c, const struct ct_operation *op) {
  static const struct ct_attributes readonly = {.set = MOUNT_ATTR_RDONLY};
  int target = ct_path_open(c->root, op->target, O_PATH);
  if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  int mount = open_clone(target, true);
  if (mount < 0 || ct_mount_change(mount, &readonly) != 0) return done(-1, mount, target);
  return done(ct_mount_attach(mount, target), mount, target);
}

/* Puts the root over the old one, and lets the old one go. */
static int pivot(int root) {
  if (fchdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return -1;
  /* The old root now covers the new one at `/`; the working directory is below it, in the old root. */
  return umount2(".", MNT_DETACH);
}

static int move_over(int root) {
  if (fchdir(root) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0) return -1;
  return chroot(".");
}

int ct_op_enter_root(struct ct_child *c, const struct ct_operation *op) {
  if ((op->flag ? pivot(c->root) : move_over(c->root)) != 0 || chdir("/") != 0) return -1;
  close(c->root);
  c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return c->root < 0 ? -1 : 0;
}

int ct_op_root_propagation(struct ct_child *c, const struct ct_operation *op) { return propagate(c->root, op->propagation, op->flag); }
