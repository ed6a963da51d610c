/* tmpcopyup: what the image has at a mount point, copied into the tmpfs that hides it. */
#include "plan.h"

enum { max_depth = 64 };

static int copy_children(int from, int to, int depth);

/* The content of a directory or file, then its metadata. */
static int copy_opened(int from, int to, const struct stat *info, int depth) {
  const struct timespec times[2] = {info->st_atim, info->st_mtim};
  if ((S_ISDIR(info->st_mode) ? copy_children(from, to, depth) : ct_copy_bytes(from, to)) != 0) return -1;
  if (fchown(to, info->st_uid, info->st_gid) != 0 || fchmod(to, info->st_mode & 07777) != 0) return -1;
  return futimens(to, times);
}

/* A link, a device, a pipe or a socket. */
static int copy_special(int from, int to, const char *name, const struct stat *info) {
  char target[PATH_MAX] = "";
  if (S_ISLNK(info->st_mode) && readlinkat(from, name, target, sizeof target - 1) < 0) return -1;
  int made = S_ISLNK(info->st_mode) ? symlinkat(target, to, name) : mknodat(to, name, info->st_mode, info->st_rdev);
  return made != 0 ? -1 : fchownat(to, name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_entry(int from, int to, const char *name, int depth) {
  struct stat info;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return 0;
  if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  bool isDirectory = S_ISDIR(info.st_mode);
  if (!isDirectory && !S_ISREG(info.st_mode)) return copy_special(from, to, name, &info);
  if (isDirectory && mkdirat(to, name, 0700) != 0) return -1;
  int kind = isDirectory ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL;
  CT_CLOSES int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  CT_CLOSES int made = openat(to, name, kind | O_NOFOLLOW | O_CLOEXEC, 0600);
  return in < 0 || made < 0 ? -1 : copy_opened(in, made, &info, depth + 1);
}

static int copy_children(int from, int to, int depth) {
  DIR *entries = depth > max_depth ? NULL : fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 0));
  if (entries == NULL) return depth > max_depth ? ct_error(ELOOP) : -1;
  int result = 0;
  for (struct dirent *entry; result == 0 && (errno = 0, entry = readdir(entries)) != NULL;)
    result = copy_entry(from, to, entry->d_name, depth);
  int error = errno;
  closedir(entries);
  return error == 0 ? result : ct_error(error);
}

int ct_copy_up(int from, int to) {
  struct stat info;
  CT_CLOSES int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CT_CLOSES int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return in < 0 || out < 0 || fstat(in, &info) != 0 ? -1 : copy_opened(in, out, &info, 1);
}
