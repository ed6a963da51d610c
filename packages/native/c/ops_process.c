/* Operations on the process itself. */
#include "plan.h"
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sys/personality.h>
#include <sys/resource.h>

int ct_op_sysctl(struct ct_child *c, const struct ct_operation *op) {
  CT_CLOSES int sys = openat(c->proc, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  CT_CLOSES int fd = sys < 0 ? -1 : ct_path_open(sys, op->target, O_WRONLY | O_NOFOLLOW);
  return fd < 0 ? -1 : ct_write_all(fd, op->text, strlen(op->text));
}

int ct_op_hostname(CT_UNUSED struct ct_child *c, const struct ct_operation *op) { return sethostname(op->text, strlen(op->text)); }
int ct_op_domainname(CT_UNUSED struct ct_child *c, const struct ct_operation *op) { return setdomainname(op->text, strlen(op->text)); }
int ct_op_personality(CT_UNUSED struct ct_child *c, const struct ct_operation *op) { return personality(op->values[0]) < 0 ? -1 : 0; }

int ct_op_no_new_privileges(CT_UNUSED struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int ct_op_loopback_up(CT_UNUSED struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  struct ifreq request = {.ifr_name = "lo"};
  CT_CLOSES int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) return -1;
  request.ifr_flags |= IFF_UP;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

int ct_op_rlimit(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
  const struct rlimit limit = {.rlim_cur = op->values[1], .rlim_max = op->values[2]};
  return setrlimit((__rlimit_resource_t)op->values[0], &limit);
}

int ct_op_oom_score(struct ct_child *c, const struct ct_operation *op) {
  char text[24];
  int size = snprintf(text, sizeof text, "%lld", (long long)op->values[0]);
  return CT_RETRY(write(c->oom_score, text, (size_t)size)) < 0 ? -1 : 0;
}

int ct_op_umask(struct ct_child *c, const struct ct_operation *op) {
  umask(op->mode);
  c->umask_set = true;
  return 0;
}

/* The program reopens its own pipes and pty through /proc/self/fd, so they must be its user's. */
static void own_stdio(uid_t uid) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat info;
    if (fstat(fd, &info) != 0 || info.st_uid == uid || S_ISREG(info.st_mode) || ct_is_device(fd, 1, 3)) continue;
    (void)!fchown(fd, uid, (gid_t)-1); /* a user namespace may not own what it was given */
  }
}

int ct_op_user(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
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

/* What the caller itself does not have is left out: nobody can give it. */
int ct_op_capabilities(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct own[2] = {{0}};
  if (syscall(SYS_capget, &header, own) != 0) return -1;
  uint64_t had = own[0].permitted | (uint64_t)own[1].permitted << 32;
  if (set_capabilities(had, had, 0) != 0) return -1;
  uint64_t bounding = op->values[0], permitted = op->values[2] & had;
  for (int cap = 0; cap < 64; cap++) {
    if (bounding >> cap & 1 || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0) continue;
    if (errno != EINVAL) return -1;
    break; /* beyond the last one */
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

int ct_op_seccomp(CT_UNUSED struct ct_child *c, const struct ct_operation *op) {
  size_t count = op->bytes.length / sizeof(struct sock_filter);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = (void *)(uintptr_t)op->bytes.at};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->mode, &program) < 0 ? -1 : 0;
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
