/* CVE-2019-5736: what runs in a container must not reach the helper's own file through /proc/<pid>/exe. */
#include "supervise.h"

#include <sys/sendfile.h>
#include <sys/statvfs.h>

static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/* On a mount that is read-only, or a memfd that is sealed. */
static bool is_protected(int self) {
  struct statvfs info;
  if (fstatvfs(self, &info) == 0 && (info.f_flag & ST_RDONLY)) return true;
  int seals = fcntl(self, F_GET_SEALS); /* -1: no memfd */
  return seals >= 0 && (seals & all_seals) == all_seals;
}

/* A private mount of the file alone, read-only, which no mount namespace holds. Needs CAP_SYS_ADMIN. */
static int open_readonly(int self) {
  static const struct ct_attributes readonly = {.set = MOUNT_ATTR_RDONLY};
  int fd = ct_mount_clone(self, false);
  if (fd >= 0 && ct_mount_change(fd, &readonly) != 0) ct_close(&fd);
  return fd;
}

static int open_copy(int self) {
  struct stat info;
  off_t at = 0;
  int fd = memfd_create("ct-native", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || fstat(self, &info) != 0) return -1;
  while (at < info.st_size) {
    if (sendfile(fd, self, &at, (size_t)(info.st_size - at)) <= 0) return -1;
  }
  return fcntl(fd, F_ADD_SEALS, all_seals) == 0 ? fd : -1;
}

int ct_protect(char **argv) {
  CT_CLOSES int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -1;
  if (is_protected(self)) return 0;
  int copy = open_readonly(self);
  if (copy < 0) copy = open_copy(self);
  return copy < 0 ? -1 : execveat(copy, "", argv, environ, AT_EMPTY_PATH);
}
