/* The verb `apply`: writes a file tree from a stream of operations, confined to one root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "report.h"
#include "stream.h"
#include "tree.h"
#include "verbs.h"

enum { OP_END, OP_DIRECTORY, OP_FILE, OP_SYMLINK, OP_HARD_LINK, OP_NODE, OP_REMOVE, OP_CLEAR, OP_META };

/* One operation being executed. */
struct step {
  struct ct_tree *tree;
  struct ct_stream *stream;
  struct ct_reader body;
  struct ct_place place;
};

/* Everything must have been decoded, and nothing may be left. */
static int check_end(const struct ct_reader *body) {
  if (ct_done(body)) return 0;
  errno = EBADMSG;
  return -1;
}

static int find_place(struct step *step, bool make) {
  return ct_tree_place(step->tree, &step->tree->parent, step->tree->path, make, &step->place);
}

/* Makes room: what has the entry's name goes, and directories resolved through it are resolved anew. */
static int displace(struct step *step) {
  step->tree->stale = true;
  return ct_remove(step->place);
}

static int make_directory(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  struct stat found;
  if (check_end(&step->body) < 0 || find_place(step, true) < 0) return -1;
  if (mkdirat(step->place.dir, step->place.name, 0700) < 0) {
    if (errno != EEXIST || fstatat(step->place.dir, step->place.name, &found, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    if (!S_ISDIR(found.st_mode) && (displace(step) < 0 || mkdirat(step->place.dir, step->place.name, 0700) < 0)) return -1;
  }
  return ct_meta_set_at(step->place, &meta);
}

static int create_file(struct step *step) {
  for (int attempt = 0;; attempt++) {
    int fd = openat(step->place.dir, step->place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST || attempt > 0 || displace(step) < 0) return fd;
  }
}

static int fill_file(struct step *step, const struct ct_meta *meta, uint64_t size) {
  int fd = create_file(step);
  if (fd < 0) return -1;
  int result = ct_stream_copy(step->stream, fd, size) < 0 ? -1 : ct_meta_set_fd(fd, meta);
  int error = errno;
  if (close(fd) < 0 && result == 0) return -1;
  errno = error;
  return result;
}

/* Attributes are set when the content is there, since writing drops file capabilities; so they outlive the buffer. */
static int make_file(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  uint64_t size = ct_u64(&step->body);
  if (check_end(&step->body) < 0 || find_place(step, true) < 0) return -1;
  if (meta.xattr_count == 0) return fill_file(step, &meta, size);
  size_t kept_size = (size_t)(meta.xattrs.end - meta.xattrs.at);
  uint8_t *kept = malloc(kept_size);
  if (kept == NULL) return -1;
  memcpy(kept, meta.xattrs.at, kept_size);
  meta.xattrs = ct_reader_of(kept, kept_size);
  int result = fill_file(step, &meta, size);
  free(kept);
  return result;
}

static int make_symlink(struct step *step) {
  const char *target = ct_string(&step->body);
  struct ct_meta meta = ct_meta_of(&step->body);
  if (check_end(&step->body) < 0 || find_place(step, true) < 0) return -1;
  if (symlinkat(target, step->place.dir, step->place.name) < 0) {
    if (errno != EEXIST || displace(step) < 0 || symlinkat(target, step->place.dir, step->place.name) < 0) return -1;
  }
  return ct_meta_set_at(step->place, &meta);
}

static bool is_same(struct ct_place a, struct ct_place b) {
  struct stat one, other;
  return fstatat(a.dir, a.name, &one, AT_SYMLINK_NOFOLLOW) == 0 && fstatat(b.dir, b.name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int make_hard_link(struct step *step) {
  const char *existing = ct_string(&step->body);
  struct ct_place from;
  if (check_end(&step->body) < 0 || find_place(step, true) < 0) return -1;
  if (ct_tree_place(step->tree, &step->tree->existing, existing, false, &from) < 0) return -1;
  if (linkat(from.dir, from.name, step->place.dir, step->place.name, 0) == 0) return 0;
  if (errno != EEXIST) return -1;
  if (is_same(from, step->place)) return 0;
  return displace(step) < 0 ? -1 : linkat(from.dir, from.name, step->place.dir, step->place.name, 0);
}

static int make_node(struct step *step) {
  static const mode_t types[] = { S_IFCHR, S_IFBLK, S_IFIFO };
  struct ct_meta meta = ct_meta_of(&step->body);
  uint8_t type = ct_u8(&step->body);
  uint32_t major = ct_u32(&step->body);
  uint32_t minor = ct_u32(&step->body);
  if (check_end(&step->body) < 0 || find_place(step, true) < 0) return -1;
  if (type >= sizeof types / sizeof types[0]) {
    errno = EBADMSG;
    return -1;
  }
  mode_t mode = types[type] | 0600;
  dev_t device = makedev(major, minor);
  if (mknodat(step->place.dir, step->place.name, mode, device) < 0) {
    if (errno != EEXIST || displace(step) < 0 || mknodat(step->place.dir, step->place.name, mode, device) < 0) return -1;
  }
  return ct_meta_set_at(step->place, &meta);
}

/* What is not there needs no removal; neither does what would be below something that is no directory. */
static int remove_entry(struct step *step, bool only_children) {
  if (check_end(&step->body) < 0) return -1;
  if (find_place(step, false) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  step->tree->stale = true;
  return only_children ? ct_clear(step->place) : ct_remove(step->place);
}

static int set_meta(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  if (check_end(&step->body) < 0 || find_place(step, false) < 0) return -1;
  return ct_meta_set_at(step->place, &meta);
}

static int execute(struct step *step, uint16_t code) {
  switch (code) {
  case OP_DIRECTORY: return make_directory(step);
  case OP_FILE: return make_file(step);
  case OP_SYMLINK: return make_symlink(step);
  case OP_HARD_LINK: return make_hard_link(step);
  case OP_NODE: return make_node(step);
  case OP_REMOVE: return remove_entry(step, false);
  case OP_CLEAR: return remove_entry(step, true);
  case OP_META: return set_meta(step);
  default: errno = EBADMSG; return -1;
  }
}

/* Takes the path that every operation begins with: a copy, because file content overwrites the buffer it came in. */
static int take_path(struct step *step) {
  const char *path = ct_string(&step->body);
  size_t length = strlen(path);
  if (step->body.bad || length >= sizeof step->tree->path) {
    errno = step->body.bad ? EBADMSG : ENAMETOOLONG;
    return -1;
  }
  memcpy(step->tree->path, path, length + 1);
  return 0;
}

int ct_apply_stream(struct ct_tree *tree, struct ct_stream *stream) {
  struct step step = {.tree = tree, .stream = stream};
  struct ct_op op;
  for (;;) {
    tree->path[0] = 0;
    if (ct_stream_next(stream, &op) < 0) return -1;
    step.body = op.body;
    if (op.code == OP_END) return check_end(&step.body);
    if (take_path(&step) < 0 || execute(&step, op.code) < 0) return -1;
  }
}

int ct_verb_apply(int argc, char **argv) {
  (void)argc, (void)argv;
  static struct ct_tree tree;
  struct ct_stream stream;
  umask(0);
  ct_tree_open(&tree, NULL);
  if (ct_stream_open(&stream, STDIN_FILENO) < 0 || ct_apply_stream(&tree, &stream) < 0) ct_tree_fail(CT_STAGE_TREE, stream.index, tree.path);
  ct_report_send(CT_STATUS_FD, &(struct ct_report){.kind = CT_REPORT_OK, .index = stream.index});
  return 0;
}
