#define _GNU_SOURCE
#include "protect.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

extern char **environ;

static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/* On a mount that is read-only, or a memfd that is sealed. */
static int is_protected(int self) {
  struct statvfs info;
  if (fstatvfs(self, &info) == 0 && (info.f_flag & ST_RDONLY)) return 1;
  int seals = fcntl(self, F_GET_SEALS); /* -1: no memfd */
  return seals >= 0 && (seals & all_seals) == all_seals;
}

/* A private mount of the file alone, read-only, which no mount namespace holds. Needs CAP_SYS_ADMIN. */
static int open_readonly(int self) {
  struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
  int fd = open_tree(self, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (fd < 0) return -1;
  if (mount_setattr(fd, "", AT_EMPTY_PATH, &readonly, sizeof readonly) == 0) return fd;
  close(fd);
  return -1;
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
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return errno;
  if (is_protected(self)) {
    close(self);
    return 0;
  }
  int copy = open_readonly(self);
  if (copy < 0) copy = open_copy(self);
  if (copy >= 0) execveat(copy, "", argv, environ, AT_EMPTY_PATH);
  return errno;
}
