/* The verb `apply`: writes a file tree from a stream of operations, confined to one root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io.h"
#include "report.h"
#include "stream.h"
#include "tree.h"
#include "verbs.h"

enum { OP_END, OP_DIRECTORY, OP_FILE, OP_SYMLINK, OP_HARD_LINK, OP_NODE, OP_REMOVE, OP_CLEAR, OP_META };

/* One operation being executed, and what its entry is made of. */
struct step {
  struct ct_tree *tree;
  struct ct_stream *stream;
  struct ct_reader body;
  struct ct_place place, existing;
  const char *link_target;
  mode_t mode;
  dev_t device;
};

static int new_directory(const struct step *step) { return mkdirat(step->place.dir, step->place.name, 0700); }
static int new_symlink(const struct step *step) { return symlinkat(step->link_target, step->place.dir, step->place.name); }
static int new_node(const struct step *step) { return mknodat(step->place.dir, step->place.name, step->mode, step->device); }

static int new_hard_link(const struct step *step) {
  return linkat(step->existing.dir, step->existing.name, step->place.dir, step->place.name, 0);
}

static int new_file(const struct step *step) {
  return openat(step->place.dir, step->place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Makes an entry; what has its name gives way, and directories resolved through that are resolved anew. */
static int create(struct step *step, int (*make)(const struct step *)) {
  int made = make(step);
  if (made >= 0 || errno != EEXIST) return made;
  step->tree->stale = true;
  return ct_remove(step->place) < 0 ? -1 : make(step);
}

/* Everything must have been decoded, and nothing may be left; then the entry's directory is looked up. */
static int find_place(struct step *step, bool make) {
  if (ct_done(&step->body)) return ct_tree_place(step->tree, &step->tree->parent, step->tree->path, make, &step->place);
  errno = EBADMSG;
  return -1;
}

static int make_directory(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  struct stat found;
  if (find_place(step, true) < 0) return -1;
  bool kept = fstatat(step->place.dir, step->place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
  return !kept && create(step, new_directory) < 0 ? -1 : ct_meta_set_at(step->place, &meta);
}

/* Attributes are set when the content is there, since writing drops file capabilities. */
static int make_file(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  uint64_t size = ct_u64(&step->body);
  if (find_place(step, true) < 0) return -1;
  CT_CLOSES int fd = create(step, new_file);
  return fd < 0 || ct_stream_copy(step->stream, fd, size) < 0 ? -1 : ct_meta_set_fd(fd, &meta);
}

static int make_symlink(struct step *step) {
  step->link_target = ct_string(&step->body);
  struct ct_meta meta = ct_meta_of(&step->body);
  return find_place(step, true) < 0 || create(step, new_symlink) < 0 ? -1 : ct_meta_set_at(step->place, &meta);
}

static bool is_same(struct ct_place a, struct ct_place b) {
  struct stat one, other;
  return fstatat(a.dir, a.name, &one, AT_SYMLINK_NOFOLLOW) == 0 && fstatat(b.dir, b.name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int make_hard_link(struct step *step) {
  const char *existing = ct_string(&step->body);
  if (find_place(step, true) < 0) return -1;
  if (ct_tree_place(step->tree, &step->tree->existing, existing, false, &step->existing) < 0) return -1;
  return is_same(step->existing, step->place) ? 0 : create(step, new_hard_link);
}

static int make_node(struct step *step) {
  static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
  struct ct_meta meta = ct_meta_of(&step->body);
  uint8_t type = ct_u8(&step->body);
  uint32_t major = ct_u32(&step->body);
  if (type >= sizeof types / sizeof *types) step->body.bad = true;
  step->device = makedev(major, ct_u32(&step->body));
  if (find_place(step, true) < 0) return -1;
  step->mode = types[type] | 0600;
  return create(step, new_node) < 0 ? -1 : ct_meta_set_at(step->place, &meta);
}

/* What is not there needs no removal; neither does what would be below something that is no directory. */
static int remove_entry(struct step *step, bool only_children) {
  if (find_place(step, false) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  step->tree->stale = true;
  return only_children ? ct_clear(step->place) : ct_remove(step->place);
}

static int set_meta(struct step *step) {
  struct ct_meta meta = ct_meta_of(&step->body);
  return find_place(step, false) < 0 ? -1 : ct_meta_set_at(step->place, &meta);
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

int ct_apply_stream(struct ct_tree *tree, struct ct_stream *stream) {
  struct step step = {.tree = tree, .stream = stream};
  struct ct_op op;
  do {
    tree->path = "";
    if (ct_stream_next(stream, &op) < 0) return -1;
    step.body = op.body;
    if (op.code == OP_END) continue;
    tree->path = ct_string(&step.body);
    if (execute(&step, op.code) < 0) return -1;
  } while (op.code != OP_END);
  errno = EBADMSG;
  return ct_done(&step.body) ? 0 : -1;
}

int ct_verb_apply(int argc, char **argv) {
  (void)argc, (void)argv;
  struct ct_tree tree;
  struct ct_stream stream;
  umask(0);
  ct_tree_open(&tree, NULL);
  if (ct_stream_open(&stream, STDIN_FILENO) < 0 || ct_apply_stream(&tree, &stream) < 0)
    ct_tree_fail(CT_STAGE_TREE, stream.index, tree.path);
  ct_report_send(CT_STATUS_FD, &(struct ct_report){.kind = CT_REPORT_OK, .index = stream.index});
  return 0;
}
