/* Operations on the process itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "decimal.h"
#include "io.h"
#include "path.h"

static int sysctl_write(struct ct_child *c, const char *path, const char *value) {
  CT_CLOSES int sys = openat(c->proc, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  CT_CLOSES int fd = sys < 0 ? -1 : ct_path_open(sys, path, O_WRONLY | O_NOFOLLOW);
  if (fd < 0) return -1;
  errno = ct_write_all(fd, value, strlen(value));
  return errno == 0 ? 0 : -1;
}

static int loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  CT_CLOSES int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) return -1;
  request.ifr_flags |= IFF_UP;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int oom_score(struct ct_child *c, int64_t value) {
  char text[24] = "-";
  char *end = value < 0 ? ct_decimal(text + 1, -(uint64_t)value) : ct_decimal(text, (uint64_t)value);
  return CT_RETRY(write(c->oom_score, text, (size_t)(end - text))) < 0 ? -1 : 0;
}

/* The program reopens its own pipes and pty through /proc/self/fd, so they must be its user's. */
static void own_stdio(uid_t uid) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat info;
    if (fstat(fd, &info) != 0 || info.st_uid == uid || S_ISREG(info.st_mode) || ct_is_device(fd, 1, 3)) continue;
    (void)!fchown(fd, uid, (gid_t)-1); /* a user namespace may not own what it was given */
  }
}

int ct_op_user(const struct ct_operation *op) {
  size_t count = op->bytes.length / sizeof(gid_t);
  own_stdio(op->uid);
  if (syscall(SYS_setgroups, count, op->bytes.at) != 0 && !(errno == EPERM && count == 0)) return -1;
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return -1;
  if (syscall(SYS_setresgid, op->gid, op->gid, op->gid) != 0) return -1;
  return (int)syscall(SYS_setresuid, op->uid, op->uid, op->uid);
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++) {
    data[i].effective = (uint32_t)(effective >> 32 * i);
    data[i].permitted = (uint32_t)(permitted >> 32 * i);
    data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
  }
  return (int)syscall(SYS_capset, &header, data);
}

static int get_permitted(uint64_t *permitted) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{0}};
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

/* What the caller itself does not have is left out: nobody can give it. */
int ct_op_capabilities(const struct ct_operation *op) {
  uint64_t had;
  if (get_permitted(&had) != 0 || set_capabilities(had, had, 0) != 0) return -1;
  uint64_t bounding = op->values[0], permitted = op->values[2] & had;
  for (int cap = 0; cap < 64; cap++) {
    if (bounding >> cap & 1) continue;
    if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
      if (errno == EINVAL) break; /* beyond the last one */
      return -1;
    }
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
  uint64_t inheritable = op->values[3] & had;
  if (set_capabilities(op->values[1] & permitted, permitted, inheritable) != 0) return -1;
  for (int cap = 0; cap < 64; cap++) {
    bool isAmbient = op->values[4] & permitted & inheritable & UINT64_C(1) << cap;
    if (isAmbient && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return -1;
  }
  return 0;
}

static int seccomp_filter(const struct ct_operation *op) {
  struct sock_fprog program = {
      .len = (unsigned short)(op->bytes.length / sizeof(struct sock_filter)),
      .filter = (void *)(uintptr_t)op->bytes.at,
  };
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->mode, &program) < 0 ? -1 : 0;
}

/* The kernel's own getcwd says so when the directory is outside of the root. */
static int enter_cwd(struct ct_child *c, const struct ct_operation *op) {
  char path[4096];
  if (chdir(op->target) != 0) {
    if (errno != ENOENT || !op->flag) return -1;
    CT_CLOSES int fd = ct_path_make(c->root, op->target, true);
    if (fd < 0 || fchdir(fd) != 0) return -1;
  }
  if (syscall(SYS_getcwd, path, sizeof path) < 0) return -1;
  if (path[0] == '/') return 0;
  errno = EXDEV;
  return -1;
}

int ct_op_process(struct ct_child *c, const struct ct_operation *op) {
  struct rlimit limit = {.rlim_cur = op->values[1], .rlim_max = op->values[2]};
  switch (op->code) {
  case CT_OP_SYSCTL: return sysctl_write(c, op->target, op->text);
  case CT_OP_HOSTNAME: return sethostname(op->text, strlen(op->text));
  case CT_OP_DOMAINNAME: return setdomainname(op->text, strlen(op->text));
  case CT_OP_LOOPBACK_UP: return loopback_up();
  case CT_OP_RLIMIT: return setrlimit((__rlimit_resource_t)op->values[0], &limit);
  case CT_OP_OOM_SCORE: return oom_score(c, (int64_t)op->values[0]);
  case CT_OP_PERSONALITY: return personality(op->values[0]) < 0 ? -1 : 0;
  case CT_OP_UMASK: return umask(op->mode), c->umask_set = true, 0;
  case CT_OP_NO_NEW_PRIVILEGES: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  case CT_OP_SECCOMP: return seccomp_filter(op);
  case CT_OP_CWD: return enter_cwd(c, op);
  default: errno = EINVAL; return -1;
  }
}
