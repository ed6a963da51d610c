/* Owner, mode, times and extended attributes. Order matters: chown clears setuid bits and file capabilities. */
#include "tree.h"

#include <linux/limits.h>
#include <sys/xattr.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

enum { with_mtime = 1, is_exact = 2 };

struct ct_meta ct_meta_of(struct ct_reader *body) {
  struct ct_meta meta = {.mode = ct_u32(body) & 07777};
  meta.uid = ct_u32(body);
  meta.gid = ct_u32(body);
  uint8_t flags = ct_u8(body);
  meta.has_mtime = flags & with_mtime;
  meta.exact = flags & is_exact;
  if (meta.has_mtime) {
    meta.times[1].tv_sec = (time_t)ct_u64(body);
    meta.times[1].tv_nsec = ct_u32(body);
    meta.times[0] = meta.times[1];
  }
  meta.xattr_count = ct_u32(body);
  meta.xattrs = *body;
  for (uint32_t i = 0; i < meta.xattr_count && !body->bad; i++) {
    ct_string(body);
    ct_bytes_of(body);
  }
  return meta;
}

/* Those of an open file, or without one of a name in the working directory. */
static int set_xattrs(int fd, const char *name, const struct ct_meta *meta) {
  struct ct_reader list = meta->xattrs;
  for (uint32_t i = 0; i < meta->xattr_count; i++) {
    const char *attribute = ct_string(&list);
    struct ct_bytes value = ct_bytes_of(&list);
    int result = fd >= 0 ? fsetxattr(fd, attribute, value.at, value.length, 0) : lsetxattr(name, attribute, value.at, value.length, 0);
    if (result < 0) return -1;
  }
  return 0;
}

static bool is_listed(const struct ct_meta *meta, const char *attribute) {
  struct ct_reader list = meta->xattrs;
  for (uint32_t i = 0; i < meta->xattr_count; i++) {
    const char *listed = ct_string(&list);
    ct_bytes_of(&list);
    if (strcmp(listed, attribute) == 0) return true;
  }
  return false;
}

/* Labels of security modules belong to the system, not to a layer; everything else can be part of an entry. */
static bool is_removable(const char *attribute) {
  return strncmp(attribute, "security.", 9) != 0 || strcmp(attribute, "security.capability") == 0;
}

static int remove_unlisted_xattrs(const char *name, const struct ct_meta *meta) {
  char names[XATTR_LIST_MAX];
  ssize_t length = llistxattr(name, names, sizeof names);
  if (length < 0 && errno != EOPNOTSUPP) return -1;
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    if (!is_removable(names + at) || is_listed(meta, names + at)) continue;
    if (lremovexattr(name, names + at) < 0 && errno != ENODATA && errno != EOPNOTSUPP) return -1;
  }
  return 0;
}

int ct_meta_set_fd(int fd, const struct ct_meta *meta) {
  if (fchown(fd, meta->uid, meta->gid) < 0 || fchmod(fd, meta->mode) < 0 || set_xattrs(fd, NULL, meta) < 0) return -1;
  return meta->has_mtime ? futimens(fd, meta->times) : 0;
}

/* chmod of the entry itself; kernels before 6.6 can only follow, so there the type is looked at first. */
static int set_mode(struct ct_place place, mode_t mode) {
  struct stat found;
  if (fstatat(place.dir, place.name, &found, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (S_ISLNK(found.st_mode) || (found.st_mode & 07777) == mode) return 0;
  if (syscall(SYS_fchmodat2, place.dir, place.name, mode, AT_SYMLINK_NOFOLLOW) == 0) return 0;
  return errno == ENOSYS ? fchmodat(place.dir, place.name, mode, 0) : -1;
}

int ct_meta_set_at(struct ct_place place, const struct ct_meta *meta) {
  if (fchownat(place.dir, place.name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) < 0 || set_mode(place, meta->mode) < 0) return -1;
  /* There is no setxattrat before 6.13: the working directory stands in, and l*xattr do not follow. */
  if ((meta->xattr_count > 0 || meta->exact) && fchdir(place.dir) < 0) return -1;
  if (meta->exact && remove_unlisted_xattrs(place.name, meta) < 0) return -1;
  if (set_xattrs(-1, place.name, meta) < 0) return -1;
  return meta->has_mtime ? utimensat(place.dir, place.name, meta->times, AT_SYMLINK_NOFOLLOW) : 0;
}
