/* Operations on the process itself. */
#include "plan.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>

/* A file of procfs; links that are no text, which lead to other processes' files, are not followed. */
int ct_op_write(struct ct_child *c, const struct ct_operation *op) {
  CT_CLOSES int fd = ct_path_open(c->proc, op->target, O_WRONLY | O_NOFOLLOW);
  return fd < 0 ? -1 : ct_write_all(fd, op->text, strlen(op->text));
}

int ct_op_call(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
  static const long calls[] = {CT_CALLS(CT_NUMBER_OF)};
  const uint64_t *at = op->values;
  if (op->type >= CT_COUNT(calls)) return ct_error(EBADMSG);
  return syscall(calls[op->type], at[0], at[1], at[2], at[3], at[4]) < 0 && errno != (int)op->mode ? -1 : 0;
}

int ct_op_loopback_up(CT_UNUSED struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  struct ifreq request = {.ifr_name = "lo"};
  CT_CLOSES int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) return -1;
  request.ifr_flags |= IFF_UP;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* The program reopens its own pipes and pty through /proc/self/fd, so they must be its user's. */
int ct_op_own_stdio(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat info;
    if (fstat(fd, &info) != 0 || info.st_uid == op->uid || S_ISREG(info.st_mode) || ct_is_device(fd, 1, 3)) continue;
    (void)!fchown(fd, op->uid, (gid_t)-1); /* a user namespace may not own what it was given */
  }
  return 0;
}

/* The listener of a filter that asks is the supervisor's to hand on. */
int ct_op_seccomp(struct ct_child *c, const struct ct_operation *op) {
  const struct ct_report report = {.kind = CT_REPORT_LISTENER};
  size_t count = op->bytes.length / sizeof(struct sock_filter);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = (void *)(uintptr_t)op->bytes.at};
  int result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->mode, &program);
  if (result < 0 || !(op->mode & SECCOMP_FILTER_FLAG_NEW_LISTENER)) return result;
  CT_CLOSES int listener = result;
  return ct_send_fds(c->sync, &report, sizeof report, &listener, 1);
}

/* The kernel's own getcwd says so when the directory is outside of the root. */
int ct_op_cwd(struct ct_child *c, const struct ct_operation *op) {
  char path[PATH_MAX];
  if (chdir(op->target) != 0) {
    if (errno != ENOENT || !op->flag) return -1;
    CT_CLOSES int fd = ct_path_make(c->root, op->target, true);
    if (fd < 0 || fchdir(fd) != 0) return -1;
  }
  if (syscall(SYS_getcwd, path, sizeof path) < 0) return -1;
  return path[0] == '/' ? 0 : ct_error(EXDEV);
}
