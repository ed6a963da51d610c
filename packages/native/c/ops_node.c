/* Operations that make entries in the root, and the terminal. */
#include "plan.h"

int ct_op_symlink(struct ct_child *c, const struct ct_operation *op) {
  const char *name;
  char present[PATH_MAX] = "";
  CT_CLOSES int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  if (symlinkat(op->text, parent, name) == 0) return 0;
  if (errno != EEXIST) return -1;
  bool isSame = readlinkat(parent, name, present, sizeof present - 1) >= 0 && strcmp(present, op->text) == 0;
  return isSame ? 0 : ct_error(EEXIST);
}

int ct_op_device(struct ct_child *c, const struct ct_operation *op) {
  static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
  const char *name;
  struct stat info;
  mode_t type = types[op->type];
  dev_t device = makedev((unsigned)op->values[0], (unsigned)op->values[1]);
  CT_CLOSES int parent = ct_path_parent(c->root, op->target, &name);
  if (parent < 0) return -1;
  if (mknodat(parent, name, type | op->mode, device) == 0) return fchownat(parent, name, op->uid, op->gid, AT_SYMLINK_NOFOLLOW);
  if (errno != EEXIST || fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  bool isSame = (info.st_mode & S_IFMT) == type && (type == S_IFIFO || info.st_rdev == device);
  return isSame ? 0 : ct_error(EEXIST);
}

/* Mounts the pty's slave, which the descriptor says, on /dev/console. */
static int mount_console(struct ct_child *c, int slave) {
  CT_CLOSES int target = ct_path_make(c->root, "/dev/console", false);
  CT_CLOSES int mount = target < 0 ? -1 : ct_mount_clone(slave, false);
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
  if (ct_send_fds(c->sync, &report, sizeof report, (int[]){master, slave}, 2) != 0 || ioctl(slave, TIOCSCTTY, 0) != 0) return -1;
  return dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0 ? -1 : 0;
}
