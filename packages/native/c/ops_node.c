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
  CT_CLOSES int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  if (mkdirat(parent, name, op->mode) != 0) return errno == EEXIST ? 0 : -1;
  return fchownat(parent, name, op->uid, op->gid, AT_SYMLINK_NOFOLLOW);
}

int ct_op_symlink(struct ct_child *c, const struct ct_operation *op) {
  const char *name;
  char present[PATH_MAX];
  CT_CLOSES int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  if (symlinkat(op->text, parent, name) == 0) return 0;
  if (errno != EEXIST) return -1;
  ssize_t size = readlinkat(parent, name, present, sizeof present);
  if (size == (ssize_t)strlen(op->text) && memcmp(present, op->text, (size_t)size) == 0) return 0;
  errno = EEXIST;
  return -1;
}

int ct_op_device(struct ct_child *c, const struct ct_operation *op) {
  static const mode_t types[] = {[CT_NODE_CHAR] = S_IFCHR, [CT_NODE_BLOCK] = S_IFBLK, [CT_NODE_FIFO] = S_IFIFO};
  const char *name;
  struct stat info;
  dev_t device = makedev((unsigned)op->values[0], (unsigned)op->values[1]);
  CT_CLOSES int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  if (mknodat(parent, name, types[op->type] | op->mode, device) == 0) return fchownat(parent, name, op->uid, op->gid, AT_SYMLINK_NOFOLLOW);
  if (errno != EEXIST || fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  if ((info.st_mode & S_IFMT) == types[op->type] && (op->type == CT_NODE_FIFO || info.st_rdev == device)) return 0;
  errno = EEXIST;
  return -1;
}

/* Mounts the pty's slave, which the descriptor says, on /dev/console. */
static int mount_console(struct ct_child *c, int slave) {
  CT_CLOSES int target = ct_path_make(c->root, "/dev/console", false);
  CT_CLOSES int mount = target < 0 ? -1 : open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  return mount < 0 ? -1 : ct_mount_attach(mount, target);
}

/* The slave is opened through the master, not by its name, so nothing can stand in its place. */
int ct_op_terminal(struct ct_child *c, const struct ct_operation *op) {
  int unlock = 0;
  const struct ct_report report = {.kind = CT_REPORT_TERMINAL};
  const struct winsize size = {.ws_row = (unsigned short)op->values[0], .ws_col = (unsigned short)op->values[1]};
  CT_CLOSES int master = ct_path_open(c->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  if (master < 0 || !ct_is_device(master, 5, 2) || ioctl(master, TIOCSPTLCK, &unlock) != 0) return -1;
  CT_CLOSES int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0 || ioctl(master, TIOCSWINSZ, &size) != 0) return -1;
  if (c->target < 0 && mount_console(c, slave) != 0) return -1;
  if ((errno = ct_send_fds(c->sync, &report, sizeof report, (int[]){master, slave}, 2)) != 0) return -1;
  if (ioctl(slave, TIOCSCTTY, 0) != 0) return -1;
  return dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0 ? -1 : 0;
}
