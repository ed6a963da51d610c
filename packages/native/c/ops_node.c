/* Operations that make entries in the root, and the terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child.h"
#include "io.h"
#include "path.h"

int ct_op_mkdir(struct ct_child *c, const struct ct_operation *op) {
  const char *name;
  int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  int result = mkdirat(parent, name, op->mode);
  if (result == 0) result = fchownat(parent, name, op->uid, op->gid, AT_SYMLINK_NOFOLLOW);
  else if (errno == EEXIST) result = 0;
  int error = errno;
  close(parent);
  errno = error;
  return result;
}

int ct_op_symlink(struct ct_child *c, const struct ct_operation *op) {
  const char *name;
  char present[PATH_MAX];
  int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  int result = symlinkat(op->text, parent, name), error = errno;
  if (result != 0 && error == EEXIST) {
    ssize_t size = readlinkat(parent, name, present, sizeof present);
    if (size == (ssize_t)strlen(op->text) && memcmp(present, op->text, (size_t)size) == 0) result = 0;
  }
  close(parent);
  errno = error;
  return result;
}

int ct_op_device(struct ct_child *c, const struct ct_operation *op) {
  static const mode_t types[] = {[CT_NODE_CHAR] = S_IFCHR, [CT_NODE_BLOCK] = S_IFBLK, [CT_NODE_FIFO] = S_IFIFO};
  const char *name;
  struct stat info;
  dev_t device = makedev((unsigned)op->values[0], (unsigned)op->values[1]);
  int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  int result = mknodat(parent, name, types[op->type] | op->mode, device), error = errno;
  if (result == 0) {
    result = fchownat(parent, name, op->uid, op->gid, AT_SYMLINK_NOFOLLOW);
    error = errno;
  } else if (error == EEXIST && fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
    bool isSame = (info.st_mode & S_IFMT) == types[op->type] && (op->type == CT_NODE_FIFO || info.st_rdev == device);
    if (isSame) result = 0;
  }
  close(parent);
  errno = error;
  return result;
}

/* Mounts the pty's slave, which the descriptor says, on /dev/console. */
static int mount_console(struct ct_child *c, int slave) {
  int target = ct_path_make(c->root, "/dev/console", false);
  if (target < 0) return -1;
  int mount = open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result = mount < 0 ? -1 : ct_mount_attach(mount, target), error = errno;
  close(target);
  if (mount >= 0) close(mount);
  errno = error;
  return result;
}

static int set_up_pty(struct ct_child *c, const struct ct_operation *op, int master) {
  int unlock = 0;
  struct winsize size = {.ws_row = (unsigned short)op->values[0], .ws_col = (unsigned short)op->values[1]};
  if (!ct_is_device(master, 5, 2) || ioctl(master, TIOCSPTLCK, &unlock) != 0) return -1;
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0 || ioctl(master, TIOCSWINSZ, &size) != 0) return -1;
  if (c->target < 0 && mount_console(c, slave) != 0) return -1;
  struct ct_report report = {.kind = CT_REPORT_TERMINAL};
  if ((errno = ct_send_fds(c->sync, &report, sizeof report, (int[]){master, slave}, 2)) != 0) return -1;
  if (ioctl(slave, TIOCSCTTY, 0) != 0) return -1;
  for (int fd = 0; fd < 3; fd++) {
    if (dup2(slave, fd) < 0) return -1;
  }
  return close(slave);
}

int ct_op_terminal(struct ct_child *c, const struct ct_operation *op) {
  int master = ct_path_open(c->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  if (master < 0) return -1;
  int result = set_up_pty(c, op, master), error = errno;
  close(master);
  errno = error;
  return result;
}
