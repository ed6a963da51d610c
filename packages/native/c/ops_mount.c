/* Operations on mounts. Targets are opened inside the root, mounts are made detached, and both meet by descriptor. */
#include "plan.h"

static const struct ct_attributes readonly = {.set = MOUNT_ATTR_RDONLY};

/* Attaches a new mount on the path, and makes it the root. */
static int stack_on(struct ct_child *c, const char *path, const struct ct_mount *m) {
  CT_CLOSES int target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  ct_close(&c->root);
  c->root = target < 0 ? -1 : ct_mount_open(m);
  return c->root < 0 ? -1 : ct_mount_attach(c->root, target);
}

int ct_op_root(struct ct_child *c, const struct ct_operation *op) {
  const struct ct_mount self = {.type = "", .source = op->target, .recursive = true};
  if (ct_mount_change(c->root, &op->attributes) != 0) return -1;
  struct ct_list mounts = op->mounts;
  if (mounts.count == 0) return stack_on(c, op->target, &self);
  for (uint32_t i = 0; i < mounts.count; i++) {
    struct ct_mount m = ct_mount_of(&mounts.items);
    if (stack_on(c, op->target, &m) != 0) return -1;
  }
  return 0;
}

static int place(struct ct_child *c, const struct ct_operation *op, int mount) {
  if (mount < 0) return -1;
  CT_CLOSES int target = op->type == CT_MISSING_FAIL ? ct_path_open(c->root, op->target, O_PATH)
                                                     : ct_path_make(c->root, op->target, op->type == CT_MISSING_DIRECTORY);
  if (target < 0 || (op->flag && ct_copy_up(target, mount) != 0) || ct_mount_attach(mount, target) != 0) return -1;
  return ct_mount_change(mount, &op->attributes);
}

int ct_op_mount(struct ct_child *c, const struct ct_operation *op) {
  CT_CLOSES int mount = ct_mount_open(&op->mount);
  return place(c, op, mount);
}

int ct_op_prepared(struct ct_child *c, const struct ct_operation *op) {
  return op->values[0] < c->plan->source_count ? place(c, op, c->sources[op->values[0]]) : ct_error(EINVAL);
}

int ct_op_attributes(struct ct_child *c, const struct ct_operation *op) {
  CT_CLOSES int fd = ct_path_open(c->root, op->target, O_PATH);
  return fd < 0 ? -1 : ct_mount_change(fd, &op->attributes);
}

bool ct_is_device(int fd, unsigned major, unsigned minor) {
  struct stat info;
  if (fstat(fd, &info) != 0) return false;
  bool isDevice = S_ISCHR(info.st_mode) && info.st_rdev == makedev(major, minor);
  return isDevice || ct_error(EINVAL) == 0;
}

/* A clone of the root's /dev/null, which must really be that device. */
static int open_null(struct ct_child *c) {
  CT_CLOSES int null = ct_path_open(c->root, "/dev/null", O_PATH);
  return null >= 0 && ct_is_device(null, 1, 3) ? ct_mount_clone(null, false) : -1;
}

/* An empty read-only directory for all masks: the first is the file system itself, since before Linux 6.15 only attached ones are cloned. */
static int open_empty(struct ct_child *c) {
  const struct ct_mount empty = {.type = "tmpfs", .source = "tmpfs", .attributes = readonly};
  if (c->empty >= 0) return ct_mount_clone(c->empty, false);
  c->empty = ct_mount_open(&empty);
  return c->empty < 0 ? -1 : fcntl(c->empty, F_DUPFD_CLOEXEC, 0);
}

int ct_op_mask(struct ct_child *c, const struct ct_operation *op) {
  struct stat info;
  CT_CLOSES int target = ct_path_open(c->root, op->target, O_PATH);
  if (target < 0 && ct_is_missing()) return 0;
  if (target < 0 || fstat(target, &info) != 0) return -1;
  CT_CLOSES int mount = S_ISDIR(info.st_mode) ? open_empty(c) : open_null(c);
  return mount < 0 ? -1 : ct_mount_attach(mount, target);
}

int ct_op_readonly(struct ct_child *c, const struct ct_operation *op) {
  CT_CLOSES int target = ct_path_open(c->root, op->target, O_PATH);
  if (target < 0 && ct_is_missing()) return 0;
  CT_CLOSES int mount = target < 0 ? -1 : ct_mount_clone(target, true);
  return mount < 0 || ct_mount_change(mount, &readonly) != 0 ? -1 : ct_mount_attach(mount, target);
}

/* With pivot_root, the old root then covers the new one at `/`, and the working directory is below it, in the old root. */
int ct_op_enter_root(struct ct_child *c, const struct ct_operation *op) {
  if (fchdir(c->root) != 0) return -1;
  if (op->flag && (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0)) return -1;
  if (!op->flag && (mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0)) return -1;
  if (chdir("/") != 0) return -1;
  ct_close(&c->root);
  c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  ct_close_stdin(c);
  return c->root < 0 ? -1 : 0;
}
