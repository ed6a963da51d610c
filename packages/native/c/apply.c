/* The verb `apply`: writes a file tree from a stream of operations, confined to one root. */
#include "tree.h"

enum { op_end, op_directory, op_file, op_symlink, op_hard_link, op_node, op_remove, op_clear, op_meta };

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

static int new_entry(const struct step *s) {
  switch (s->tree->op.code) {
  case op_directory: return mkdirat(s->place.dir, s->place.name, 0700);
  case op_file: return openat(s->place.dir, s->place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  case op_symlink: return symlinkat(s->link_target, s->place.dir, s->place.name);
  case op_hard_link: return linkat(s->existing.dir, s->existing.name, s->place.dir, s->place.name, 0);
  default: return mknodat(s->place.dir, s->place.name, s->mode, s->device);
  }
}

/* Makes an entry; what has its name gives way, and directories resolved through that are resolved anew. */
static int create(struct step *s) {
  int made = new_entry(s);
  if (made >= 0 || errno != EEXIST) return made;
  s->tree->stale = true;
  return ct_remove(s->place) < 0 ? -1 : new_entry(s);
}

/* Everything must have been decoded, and nothing may be left; then the entry's directory is looked up. */
static int find_place(struct step *s, bool make) {
  if (!ct_done(&s->body)) return ct_error(EBADMSG);
  return ct_tree_place(s->tree, &s->tree->parent, s->tree->path, make, &s->place);
}

/* An entry of which only the metadata is left to set. */
static int make_entry(struct step *s, const struct ct_meta *meta) {
  return find_place(s, true) < 0 || create(s) < 0 ? -1 : ct_meta_set_at(s->place, meta);
}

static int make_directory(struct step *s) {
  struct ct_meta meta = ct_meta_of(&s->body);
  struct stat found;
  if (find_place(s, true) < 0) return -1;
  bool isThere = fstatat(s->place.dir, s->place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
  return !isThere && create(s) < 0 ? -1 : ct_meta_set_at(s->place, &meta);
}

/* Attributes are set when the content is there, since writing drops file capabilities. */
static int make_file(struct step *s) {
  struct ct_meta meta = ct_meta_of(&s->body);
  uint64_t size = ct_u64(&s->body);
  if (find_place(s, true) < 0) return -1;
  CT_CLOSES int fd = create(s);
  return fd < 0 || ct_stream_copy(s->stream, fd, size) < 0 ? -1 : ct_meta_set_fd(fd, &meta);
}

static int make_symlink(struct step *s) {
  s->link_target = ct_string(&s->body);
  struct ct_meta meta = ct_meta_of(&s->body);
  return make_entry(s, &meta);
}

static int make_hard_link(struct step *s) {
  const char *existing = ct_string(&s->body);
  struct stat one, other;
  if (find_place(s, true) < 0 || ct_tree_place(s->tree, &s->tree->existing, existing, false, &s->existing) < 0) return -1;
  bool areThere = fstatat(s->place.dir, s->place.name, &one, AT_SYMLINK_NOFOLLOW) == 0 &&
                  fstatat(s->existing.dir, s->existing.name, &other, AT_SYMLINK_NOFOLLOW) == 0;
  return areThere && one.st_dev == other.st_dev && one.st_ino == other.st_ino ? 0 : create(s);
}

static int make_node(struct step *s) {
  static const mode_t types[] = {S_IFCHR, S_IFBLK, S_IFIFO};
  struct ct_meta meta = ct_meta_of(&s->body);
  uint8_t type = ct_u8(&s->body);
  uint32_t major = ct_u32(&s->body);
  s->device = makedev(major, ct_u32(&s->body));
  if (type >= CT_COUNT(types)) return ct_error(EBADMSG);
  s->mode = types[type] | 0600;
  return make_entry(s, &meta);
}

/* What is not there needs no removal; neither does what would be below something that is no directory. */
static int remove_entry(struct step *s, int (*remove)(struct ct_place place)) {
  if (find_place(s, false) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  s->tree->stale = true;
  return remove(s->place);
}

static int set_meta(struct step *s) {
  struct ct_meta meta = ct_meta_of(&s->body);
  return find_place(s, false) < 0 ? -1 : ct_meta_set_at(s->place, &meta);
}

static int execute(struct step *s) {
  switch (s->tree->op.code) {
  case op_directory: return make_directory(s);
  case op_file: return make_file(s);
  case op_symlink: return make_symlink(s);
  case op_hard_link: return make_hard_link(s);
  case op_node: return make_node(s);
  case op_remove: return remove_entry(s, ct_remove);
  case op_clear: return remove_entry(s, ct_clear);
  case op_meta: return set_meta(s);
  default: return ct_error(EBADMSG);
  }
}

int ct_apply_stream(struct ct_tree *tree, struct ct_stream *stream) {
  for (;;) {
    tree->path = "";
    if (ct_stream_next(stream, &tree->op) < 0) return -1;
    struct step step = {.tree = tree, .stream = stream, .body = tree->op.body};
    if (tree->op.code == op_end) return ct_done(&step.body) ? 0 : ct_error(EBADMSG);
    tree->path = ct_string(&step.body);
    if (execute(&step) < 0) return -1;
  }
}

int ct_verb_apply(char **argv) {
  struct ct_tree tree;
  struct ct_stream stream;
  (void)argv;
  umask(0);
  struct ct_reader rest = ct_tree_open(&tree);
  errno = EBADMSG;
  if (!ct_done(&rest)) ct_fail(CT_STAGE_PLAN, 0, "");
  if (ct_stream_open(&stream, STDIN_FILENO) < 0 || ct_apply_stream(&tree, &stream) < 0) ct_fail(CT_STAGE_TREE, tree.op.index, tree.path);
  ct_succeed(tree.op.index, 0);
  return 0;
}
