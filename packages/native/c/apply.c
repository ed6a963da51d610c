/* The verb `apply`: writes a file tree from a stream of operations, confined to one root. */
#include "tree.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

enum { op_end, op_directory, op_file, op_symlink, op_hard_link, op_node, op_remove, op_clear, op_meta, op_sync };
enum { with_mtime = 1, is_exact = 2 /* flags of metadata */ };

/* What an operation says about an entry, beside its type. */
struct meta {
  mode_t mode;
  uid_t uid;
  gid_t gid;
  bool has_mtime;
  bool exact; /* remove the extended attributes that are not listed */
  struct timespec times[2]; /* of access and modification, both the same */
  uint32_t xattr_count;
  struct ct_reader xattrs; /* pairs of string and bytes, checked by meta_of */
};

static struct meta meta_of(struct ct_reader *body) {
  struct meta meta = {.mode = ct_u32(body) & 07777};
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

static int set_xattrs(const char *name, const struct meta *meta) {
  struct ct_reader list = meta->xattrs;
  for (uint32_t i = 0; i < meta->xattr_count; i++) {
    const char *attribute = ct_string(&list);
    struct ct_bytes value = ct_bytes_of(&list);
    if (lsetxattr(name, attribute, value.at, value.length, 0) < 0) return -1;
  }
  return 0;
}

static bool is_listed(const struct meta *meta, const char *attribute) {
  struct ct_reader list = meta->xattrs;
  for (uint32_t i = 0; i < meta->xattr_count; i++) {
    const char *listed = ct_string(&list);
    ct_bytes_of(&list);
    if (strcmp(listed, attribute) == 0) return true;
  }
  return false;
}

/* But for labels of security modules, which belong to the system, not to a layer. */
static int remove_unlisted_xattrs(const char *name, const struct meta *meta) {
  char names[XATTR_LIST_MAX];
  ssize_t length = llistxattr(name, names, sizeof names);
  if (length < 0 && errno != EOPNOTSUPP) return -1;
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    const char *attribute = names + at;
    bool isLabel = strncmp(attribute, "security.", 9) == 0 && strcmp(attribute, "security.capability") != 0;
    if (isLabel || is_listed(meta, attribute)) continue;
    if (lremovexattr(name, attribute) < 0 && errno != ENODATA && errno != EOPNOTSUPP) return -1;
  }
  return 0;
}

/* chmod of the entry itself; kernels before 6.6 can only follow, so there the type is looked at first. */
static int set_mode(struct ct_place place, mode_t mode) {
  struct stat found;
  if (fstatat(place.dir, place.name, &found, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (S_ISLNK(found.st_mode) || (found.st_mode & 07777) == mode) return 0;
  if (syscall(SYS_fchmodat2, place.dir, place.name, mode, AT_SYMLINK_NOFOLLOW) == 0) return 0;
  return errno == ENOSYS ? fchmodat(place.dir, place.name, mode, 0) : -1;
}

/* Order matters: chown clears setuid bits and file capabilities. */
static int set_meta_at(struct ct_place place, const struct meta *meta) {
  if (fchownat(place.dir, place.name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) < 0 || set_mode(place, meta->mode) < 0) return -1;
  /* There is no setxattrat before 6.13: the working directory stands in, and l*xattr do not follow. */
  if ((meta->xattr_count > 0 || meta->exact) && fchdir(place.dir) < 0) return -1;
  if (meta->exact && remove_unlisted_xattrs(place.name, meta) < 0) return -1;
  if (set_xattrs(place.name, meta) < 0) return -1;
  return meta->has_mtime ? utimensat(place.dir, place.name, meta->times, AT_SYMLINK_NOFOLLOW) : 0;
}

/* The same for an open file, which is quicker. */
static int set_meta_fd(int fd, struct ct_place place, const struct meta *meta) {
  if (fchown(fd, meta->uid, meta->gid) < 0 || fchmod(fd, meta->mode) < 0) return -1;
  if (meta->xattr_count > 0 && (fchdir(place.dir) < 0 || set_xattrs(place.name, meta) < 0)) return -1;
  return meta->has_mtime ? futimens(fd, meta->times) : 0;
}

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
static int make_entry(struct step *s, const struct meta *meta) {
  return find_place(s, true) < 0 || create(s) < 0 ? -1 : set_meta_at(s->place, meta);
}

static int make_directory(struct step *s) {
  struct meta meta = meta_of(&s->body);
  struct stat found;
  if (find_place(s, true) < 0) return -1;
  bool isThere = fstatat(s->place.dir, s->place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
  return !isThere && create(s) < 0 ? -1 : set_meta_at(s->place, &meta);
}

/* Attributes are set when the content is there, since writing drops file capabilities. */
static int make_file(struct step *s) {
  struct meta meta = meta_of(&s->body);
  uint64_t size = ct_u64(&s->body);
  if (find_place(s, true) < 0) return -1;
  CT_CLOSES int fd = create(s);
  return fd < 0 || ct_stream_copy(s->stream, fd, size) < 0 ? -1 : set_meta_fd(fd, s->place, &meta);
}

static int make_symlink(struct step *s) {
  s->link_target = ct_string(&s->body);
  struct meta meta = meta_of(&s->body);
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
  struct meta meta = meta_of(&s->body);
  uint8_t type = ct_u8(&s->body);
  uint32_t major = ct_u32(&s->body);
  s->device = makedev(major, ct_u32(&s->body));
  if (type >= CT_COUNT(types)) return ct_error(EBADMSG);
  s->mode = types[type] | 0600;
  return make_entry(s, &meta);
}

/* What is not there needs no removal; neither does what would be below something that is no directory. */
static int remove_entry(struct step *s, int (*remove)(struct ct_place place)) {
  if (find_place(s, false) < 0) return ct_is_missing() ? 0 : -1;
  s->tree->stale = true;
  return remove(s->place);
}

static int set_meta(struct step *s) {
  struct meta meta = meta_of(&s->body);
  return find_place(s, false) < 0 ? -1 : set_meta_at(s->place, &meta);
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
  case op_sync: return ct_done(&s->body) ? syncfs(open("/", O_RDONLY | O_CLOEXEC)) : ct_error(EBADMSG); /* the fd goes with the process */
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

int ct_verb_apply(CT_UNUSED char **argv) {
  static struct ct_tree tree;
  static struct ct_stream stream;
  umask(0);
  struct ct_reader rest = ct_tree_open(&tree);
  errno = EBADMSG;
  if (!ct_done(&rest)) ct_fail(CT_STAGE_PLAN, 0, "");
  stream.in = stdin;
  setvbuf(stdin, NULL, _IOFBF, 1 << 20);
  if (ct_apply_stream(&tree, &stream) < 0) ct_fail(CT_STAGE_TREE, tree.op.index, tree.path);
  return ct_succeed(tree.op.index, 0);
}
