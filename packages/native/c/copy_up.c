/* tmpcopyup: what the image has at a mount point, copied into the tmpfs that hides it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "io.h"

enum { max_depth = 64 };

static int copy_tree(int from, int to, int depth);

static int copy_bytes(int from, int to) {
  ssize_t n;
  do n = sendfile(to, from, NULL, 1 << 20);
  while (n > 0 || (n < 0 && errno == EINTR));
  return n < 0 ? -1 : 0;
}

static int copy_owner(int to, const struct stat *info) {
  const struct timespec times[2] = {info->st_atim, info->st_mtim};
  if (fchown(to, info->st_uid, info->st_gid) != 0 || fchmod(to, info->st_mode & 07777) != 0) return -1;
  return futimens(to, times);
}

/* A link, a device, a pipe or a socket. */
static int copy_special(int from, int to, const char *name, const struct stat *info) {
  char target[PATH_MAX];
  if (S_ISLNK(info->st_mode)) {
    ssize_t size = readlinkat(from, name, target, sizeof target - 1);
    if (size < 0) return -1;
    target[size] = 0;
  }
  int made = S_ISLNK(info->st_mode) ? symlinkat(target, to, name) : mknodat(to, name, info->st_mode, info->st_rdev);
  return made != 0 ? -1 : fchownat(to, name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_opened(int from, int to, const struct stat *info, int depth) {
  int result = S_ISDIR(info->st_mode) ? copy_tree(from, to, depth + 1) : copy_bytes(from, to);
  return result == 0 ? copy_owner(to, info) : -1;
}

static int copy_entry(int from, int to, const char *name, int depth) {
  struct stat info;
  if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  bool isDirectory = S_ISDIR(info.st_mode);
  if (!isDirectory && !S_ISREG(info.st_mode)) return copy_special(from, to, name, &info);
  if (isDirectory && mkdirat(to, name, 0700) != 0) return -1;
  CT_CLOSES int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  CT_CLOSES int made =
      openat(to, name, (isDirectory ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL) | O_NOFOLLOW | O_CLOEXEC, 0600);
  return in < 0 || made < 0 ? -1 : copy_opened(in, made, &info, depth);
}

static int copy_tree(int from, int to, int depth) {
  _Alignas(struct dirent64) char entries[2048];
  if (depth > max_depth) {
    errno = ELOOP;
    return -1;
  }
  for (;;) {
    long size = syscall(SYS_getdents64, from, entries, sizeof entries);
    if (size <= 0) return (int)size;
    for (long at = 0; at < size;) {
      const struct dirent64 *entry = (const void *)(entries + at);
      at += entry->d_reclen;
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      if (copy_entry(from, to, entry->d_name, depth) != 0) return -1;
    }
  }
}

int ct_copy_up(int from, int to) {
  struct stat info;
  CT_CLOSES int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CT_CLOSES int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return in < 0 || out < 0 || fstat(in, &info) != 0 ? -1 : copy_opened(in, out, &info, 0);
}
