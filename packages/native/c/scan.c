/* The verb `scan`: reads a file tree, siblings in byte order, every directory before what is in it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io.h"
#include "output.h"
#include "path.h"
#include "report.h"
#include "tree.h"
#include "verbs.h"

enum { OP_OPTIONS = 3, RECORD_END = 0, RECORD_ENTRY = 1 };
enum { WITH_CONTENT = 1, WITH_XATTRS = 2, FOLLOW = 4 };
enum { FLUSH_BYTES = 256 << 10, XATTR_BYTES = 64 << 10 };

struct scan {
  uint8_t flags;
  struct ct_output output;
  uint32_t count; /* entries so far */
  char *path; /* of the entry being read, relative to where the scan began */
  size_t path_capacity;
  char names[XATTR_BYTES], value[XATTR_BYTES];
};

/* An entry in the working directory; `fd` is it opened, where it was, else -1. */
struct found {
  const char *name;
  int fd;
  struct stat stat;
};

/* Somebody may remove or replace what was listed a moment ago; then it is not in the tree. */
static bool is_gone(void) { return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ESTALE; }

static int put_link_target(struct scan *scan, const struct found *found) {
  char target[PATH_MAX];
  ssize_t length = 0;
  if (S_ISLNK(found->stat.st_mode)) length = readlinkat(AT_FDCWD, found->name, target, sizeof target);
  if (length < 0) return -1;
  ct_output_bytes(&scan->output, target, (size_t)length);
  return 0;
}

static ssize_t list_xattrs(struct scan *scan, const struct found *found) {
  if (!(scan->flags & WITH_XATTRS)) return 0;
  ssize_t length = found->fd >= 0 ? flistxattr(found->fd, scan->names, XATTR_BYTES) : llistxattr(found->name, scan->names, XATTR_BYTES);
  return length < 0 && (errno == EOPNOTSUPP || errno == EBADF) ? 0 : length; /* EBADF: opened as a path only */
}

static int put_xattrs(struct scan *scan, const struct found *found) {
  ssize_t length = list_xattrs(scan, found);
  uint32_t count = 0;
  size_t count_at = scan->output.length;
  ct_output_number(&scan->output, 0, 4);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(scan->names + at) + 1) {
    const char *name = scan->names + at;
    ssize_t size =
        found->fd >= 0 ? fgetxattr(found->fd, name, scan->value, XATTR_BYTES) : lgetxattr(found->name, name, scan->value, XATTR_BYTES);
    if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) continue;
    if (size < 0) return -1;
    ct_output_bytes(&scan->output, name, strlen(name));
    ct_output_bytes(&scan->output, scan->value, (size_t)size);
    count++;
  }
  if (!scan->output.bad) memcpy(scan->output.buffer + count_at, &count, sizeof count);
  return length < 0 ? -1 : 0;
}

/* One record; taken back when the entry turns out to be gone. */
static int put_entry(struct scan *scan, const struct found *found) {
  struct ct_output *out = &scan->output;
  const struct stat *s = &found->stat;
  ct_output_begin(out, RECORD_ENTRY);
  ct_output_bytes(out, scan->path, strlen(scan->path));
  const struct {
    uint64_t value;
    size_t size;
  } numbers[] = {
      {s->st_mode, 4},
      {s->st_uid, 4},
      {s->st_gid, 4},
      {(uint64_t)s->st_size, 8},
      {(uint64_t)s->st_mtim.tv_sec, 8},
      {(uint64_t)s->st_mtim.tv_nsec, 4},
      {major(s->st_rdev), 4},
      {minor(s->st_rdev), 4},
      {s->st_dev, 8},
      {s->st_ino, 8},
      {s->st_nlink, 4},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) ct_output_number(out, numbers[i].value, numbers[i].size);
  if (put_link_target(scan, found) < 0 || put_xattrs(scan, found) < 0) {
    out->length = out->record;
    return -1;
  }
  ct_output_end(out);
  scan->count++;
  return 0;
}

/* Exactly as many bytes as the record promised: a file that shrank meanwhile is filled up with zeros, as tar does. */
static int put_content(struct scan *scan, const struct found *found) {
  uint64_t left = (uint64_t)found->stat.st_size;
  bool ended = false;
  while (left > 0) {
    size_t size = left < FLUSH_BYTES ? (size_t)left : FLUSH_BYTES;
    uint8_t *to = ct_output_room(&scan->output, size);
    if (to == NULL) break;
    ssize_t count = ended ? 0 : CT_RETRY(read(found->fd, to, size));
    if (count < 0) return -1;
    if (count == 0) {
      ended = true;
      memset(to, 0, size);
      count = (ssize_t)size;
    }
    scan->output.length += (size_t)count;
    left -= (uint64_t)count;
    if (ct_output_flush(&scan->output, FLUSH_BYTES) < 0) return -1;
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
  bool with_content = S_ISREG(found->stat.st_mode) && (scan->flags & WITH_CONTENT);
  CT_CLOSES int own = -1;
  if (with_content && found->fd < 0) {
    found->fd = own = open_file(found->name);
    if (own < 0 || fstat(own, &found->stat) < 0) return -1;
  }
  if (put_entry(scan, found) < 0) return -1;
  if (with_content && S_ISREG(found->stat.st_mode) && put_content(scan, found) < 0) return -1;
  return ct_output_flush(&scan->output, FLUSH_BYTES);
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

static int scan_children(struct scan *scan, int dir, size_t path_length);

static int scan_child(struct scan *scan, int dir, const char *name, size_t path_length) {
  struct found found = {.name = name, .fd = -1};
  if (set_name(scan, path_length, name) < 0) return -1;
  if (fstatat(dir, name, &found.stat, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (!S_ISDIR(found.stat.st_mode)) return scan_leaf(scan, &found);
  CT_CLOSES int child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (child < 0 || put_entry(scan, &found) < 0) return -1;
  size_t length = path_length + strlen(name);
  scan->path[length] = '/';
  int result = scan_children(scan, child, length + 1);
  return fchdir(dir) < 0 ? -1 : result;
}

static int is_child(const struct dirent *entry) { return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0; }

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int scan_children(struct scan *scan, int dir, size_t path_length) {
  struct dirent **list;
  int count = fchdir(dir) < 0 ? -1 : scandirat(dir, ".", &list, is_child, by_name);
  int result = count < 0 ? -1 : 0;
  for (int i = 0; i < count; i++) {
    if (result == 0) result = scan_child(scan, dir, list[i]->d_name, path_length);
    if (result < 0 && is_gone()) result = 0;
    free(list[i]);
  }
  if (count >= 0) free(list);
  return result;
}

/* The place where the scan begins is called "."; what is below it has paths relative to it. */
static int scan_from(struct scan *scan, struct found *found) {
  if (set_name(scan, 0, ".") < 0) return -1;
  if (!S_ISDIR(found->stat.st_mode)) return scan_leaf(scan, found);
  int dir = found->fd >= 0 ? found->fd : openat(AT_FDCWD, found->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (dir < 0 || put_entry(scan, found) < 0) return -1;
  return scan_children(scan, dir, 0);
}

static int scan_tree(struct scan *scan, struct ct_tree *tree, const char *subpath) {
  struct found found = {.fd = -1};
  struct ct_place place;
  if (scan->flags & FOLLOW) {
    found.fd = ct_path_open(tree->root, subpath, O_PATH);
    if (found.fd < 0 || fstat(found.fd, &found.stat) < 0) return -1;
    if (S_ISREG(found.stat.st_mode) || S_ISDIR(found.stat.st_mode)) found.fd = ct_path_open(tree->root, subpath, O_RDONLY | O_NONBLOCK);
    return found.fd < 0 ? -1 : scan_from(scan, &found);
  }
  if (ct_tree_place(tree, &tree->parent, subpath, false, &place) < 0) return -1;
  found.name = place.name;
  if (fstatat(place.dir, place.name, &found.stat, AT_SYMLINK_NOFOLLOW) < 0 || fchdir(place.dir) < 0) return -1;
  return scan_from(scan, &found);
}

int ct_verb_scan(int argc, char **argv) {
  (void)argc, (void)argv;
  static struct ct_tree tree;
  static struct scan scan = {.output.fd = STDOUT_FILENO};
  struct ct_reader rest;
  struct ct_op op;
  uint32_t next = 1;
  ct_tree_open(&tree, &rest);
  bool ok = ct_next_op(&rest, &next, &op) && op.code == OP_OPTIONS;
  scan.flags = ok ? ct_u8(&op.body) : 0;
  const char *subpath = ok ? ct_string(&op.body) : "";
  errno = EBADMSG;
  if (!ok || !ct_done(&op.body) || !ct_done(&rest)) ct_tree_fail(CT_STAGE_PLAN, 1, "");
  if (scan_tree(&scan, &tree, subpath) < 0) ct_tree_fail(CT_STAGE_SCAN, scan.count, scan.path ? scan.path : subpath);
  ct_output_begin(&scan.output, RECORD_END);
  ct_output_end(&scan.output);
  if (ct_output_flush(&scan.output, 0) < 0) ct_tree_fail(CT_STAGE_SCAN, scan.count, "");
  ct_report_send(CT_STATUS_FD, &(struct ct_report){.kind = CT_REPORT_OK, .index = scan.count});
  return 0;
}
