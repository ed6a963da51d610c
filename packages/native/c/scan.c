/* The verb `scan`: reads a file tree, siblings in byte order, every directory before what is in it. */
#include "tree.h"

enum { op_options = 3, record_end = 0, record_entry = 1 };
enum { with_content = 1, with_xattrs = 2, follows = 4 };
enum { output_bytes = 256 << 10, xattr_bytes = 64 << 10 };

/* A record has the frame of an operation. */
struct __attribute__((packed)) frame {
  uint16_t code, zero;
  uint32_t size;
};

/* What an entry's record has between its path and its link target. */
struct __attribute__((packed)) numbers {
  uint32_t mode, uid, gid;
  uint64_t size;
  int64_t seconds;
  uint32_t nanoseconds, major, minor;
  uint64_t dev, ino;
  uint32_t nlink;
};

struct scan {
  uint8_t flags;
  FILE *record; /* the one that is being built, in memory: */
  char *bytes;
  size_t size;
  uint32_t count; /* entries so far */
  char *path; /* of the entry being read, relative to where the scan began */
  size_t path_capacity;
  char names[xattr_bytes], value[xattr_bytes];
  uint8_t content[output_bytes];
};

/* An entry in the working directory; `fd` is it opened, where it was, else -1. */
struct found {
  const char *name;
  int fd;
  struct stat stat;
};

/* Somebody may remove or replace what was listed a moment ago; then it is not in the tree. */
static bool is_gone(void) { return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ESTALE; }

/* Length, bytes, NUL. */
static void put_bytes(FILE *record, const void *data, size_t size) {
  const uint32_t length = (uint32_t)size;
  fwrite(&length, sizeof length, 1, record);
  fwrite(data, size, 1, record);
  fputc(0, record);
}

static ssize_t list_xattrs(struct scan *scan, const struct found *found) {
  if (!(scan->flags & with_xattrs)) return 0;
  ssize_t length = found->fd >= 0 ? flistxattr(found->fd, scan->names, xattr_bytes) : llistxattr(found->name, scan->names, xattr_bytes);
  return length < 0 && (errno == EOPNOTSUPP || errno == EBADF) ? 0 : length; /* EBADF: opened as a path only */
}

static ssize_t get_xattr(struct scan *scan, const struct found *found, const char *name) {
  return found->fd >= 0 ? fgetxattr(found->fd, name, scan->value, xattr_bytes) : lgetxattr(found->name, name, scan->value, xattr_bytes);
}

static int put_xattrs(struct scan *scan, const struct found *found) {
  uint32_t count = 0;
  long count_at = ftell(scan->record);
  ssize_t length = list_xattrs(scan, found);
  fwrite(&count, sizeof count, 1, scan->record);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(scan->names + at) + 1) {
    const char *name = scan->names + at;
    ssize_t size = get_xattr(scan, found, name);
    if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) continue;
    if (size < 0) return -1;
    put_bytes(scan->record, name, strlen(name));
    put_bytes(scan->record, scan->value, (size_t)size);
    count++;
  }
  if (length < 0 || fflush(scan->record) != 0) return -1;
  memcpy(scan->bytes + count_at, &count, sizeof count);
  return 0;
}

/* One record; not written when the entry turns out to be gone. */
static int put_entry(struct scan *scan, const struct found *found) {
  const struct stat *s = &found->stat;
  const struct numbers numbers = {
      s->st_mode,        s->st_uid, s->st_gid, (uint64_t)s->st_size, s->st_mtim.tv_sec, (uint32_t)s->st_mtim.tv_nsec, major(s->st_rdev),
      minor(s->st_rdev), s->st_dev, s->st_ino, (uint32_t)s->st_nlink};
  char target[PATH_MAX];
  ssize_t length = S_ISLNK(s->st_mode) ? readlinkat(AT_FDCWD, found->name, target, sizeof target) : 0;
  if (length < 0) return -1;
  rewind(scan->record);
  put_bytes(scan->record, scan->path, strlen(scan->path));
  fwrite(&numbers, sizeof numbers, 1, scan->record);
  put_bytes(scan->record, target, (size_t)length);
  if (put_xattrs(scan, found) < 0) return -1;
  const struct frame frame = {.code = record_entry, .size = (uint32_t)scan->size};
  scan->count++;
  return fwrite(&frame, sizeof frame, 1, stdout) == 1 && fwrite(scan->bytes, scan->size, 1, stdout) == 1 ? 0 : -1;
}

/* Exactly as many bytes as the record promised: a file that shrank meanwhile is filled up with zeros, as tar does. */
static int put_content(struct scan *scan, const struct found *found) {
  bool ended = false;
  for (uint64_t left = (uint64_t)found->stat.st_size; left > 0;) {
    size_t size = left < sizeof scan->content ? (size_t)left : sizeof scan->content;
    ssize_t count = ended ? 0 : CT_RETRY(read(found->fd, scan->content, size));
    if (count < 0) return -1;
    ended = count == 0;
    if (ended) memset(scan->content, 0, size);
    else size = (size_t)count;
    if (fwrite(scan->content, size, 1, stdout) != 1) return -1;
    left -= size;
  }
  return 0;
}

static int open_file(const char *name) {
  int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int fd = open(name, flags | O_NOATIME);
  return fd < 0 && errno == EPERM ? open(name, flags) : fd;
}

/* Emits an entry of the working directory that is no directory, with its content. */
static int scan_leaf(struct scan *scan, struct found *found) {
  bool hasContent = S_ISREG(found->stat.st_mode) && (scan->flags & with_content);
  CT_CLOSES int own = -1;
  if (hasContent && found->fd < 0) {
    found->fd = own = open_file(found->name);
    if (own < 0 || fstat(own, &found->stat) < 0) return -1;
  }
  if (put_entry(scan, found) < 0) return -1;
  return hasContent && S_ISREG(found->stat.st_mode) ? put_content(scan, found) : 0;
}

/* Sets the last component of the path, which begins at `at`. */
static int set_name(struct scan *scan, size_t at, const char *name) {
  size_t size = strlen(name) + 1;
  if (scan->path_capacity < at + size + 1) {
    char *grown = realloc(scan->path, (at + size) * 2);
    if (grown == NULL) return -1;
    scan->path = grown;
    scan->path_capacity = (at + size) * 2;
  }
  memcpy(scan->path + at, name, size);
  return 0;
}

static int scan_children(struct scan *scan, int dir, size_t length);

/* An entry whose path, of `length` bytes, is set; `length` is 0 where the scan begins, since paths below are relative to that. */
static int scan_entry(struct scan *scan, struct found *found, size_t length) {
  if (!S_ISDIR(found->stat.st_mode)) return scan_leaf(scan, found);
  CT_CLOSES int dir = found->fd >= 0 ? found->fd : open(found->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return dir < 0 || put_entry(scan, found) < 0 ? -1 : scan_children(scan, dir, length);
}

static int is_child(const struct dirent *entry) { return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0; }
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int scan_children(struct scan *scan, int dir, size_t length) {
  struct dirent **list;
  size_t at = length == 0 ? 0 : length + 1;
  int result = 0, count = fchdir(dir) < 0 ? -1 : scandirat(dir, ".", &list, is_child, by_name);
  if (count < 0) return -1;
  if (length > 0) scan->path[length] = '/';
  for (int i = 0; i < count; i++) {
    struct found found = {.name = list[i]->d_name, .fd = -1, .stat = {0}};
    if (result == 0) result = set_name(scan, at, found.name);
    if (result == 0) result = fstatat(dir, found.name, &found.stat, AT_SYMLINK_NOFOLLOW);
    if (result == 0) result = scan_entry(scan, &found, at + strlen(found.name));
    if (result < 0 && is_gone()) result = 0;
    if (S_ISDIR(found.stat.st_mode) && fchdir(dir) < 0) result = -1;
    free(list[i]);
  }
  free(list);
  return result;
}

static int scan_tree(struct scan *scan, struct ct_tree *tree, const char *subpath) {
  struct found found = {.fd = -1};
  struct ct_place place;
  if (set_name(scan, 0, ".") < 0) return -1;
  if (scan->flags & follows) {
    found.fd = ct_path_open(tree->root, subpath, O_PATH);
    if (found.fd < 0 || fstat(found.fd, &found.stat) < 0) return -1;
    if (S_ISREG(found.stat.st_mode) || S_ISDIR(found.stat.st_mode)) found.fd = ct_path_open(tree->root, subpath, O_RDONLY | O_NONBLOCK);
    return found.fd < 0 ? -1 : scan_entry(scan, &found, 0);
  }
  if (ct_tree_place(tree, &tree->parent, subpath, false, &place) < 0) return -1;
  found.name = place.name;
  if (fstatat(place.dir, place.name, &found.stat, AT_SYMLINK_NOFOLLOW) < 0 || fchdir(place.dir) < 0) return -1;
  return scan_entry(scan, &found, 0);
}

int ct_verb_scan(CT_UNUSED char **argv) {
  static struct ct_tree tree;
  static struct scan scan;
  static const struct frame end = {.code = record_end};
  struct ct_op op = {.index = 0};
  struct ct_reader rest = ct_tree_open(&tree);
  bool ok = ct_next_op(&rest, &op) && op.code == op_options;
  scan.flags = ok ? ct_u8(&op.body) : 0;
  const char *subpath = ok ? ct_string(&op.body) : "";
  errno = EBADMSG;
  if (!ok || !ct_done(&op.body) || !ct_done(&rest)) ct_fail(CT_STAGE_PLAN, 1, "");
  setvbuf(stdout, NULL, _IOFBF, output_bytes);
  scan.record = open_memstream(&scan.bytes, &scan.size);
  if (scan.record == NULL || scan_tree(&scan, &tree, subpath) < 0) ct_fail(CT_STAGE_SCAN, scan.count, scan.path ? scan.path : subpath);
  if (fwrite(&end, sizeof end, 1, stdout) != 1 || fflush(stdout) != 0) ct_fail(CT_STAGE_SCAN, scan.count, "");
  return ct_succeed(scan.count, 0);
}
