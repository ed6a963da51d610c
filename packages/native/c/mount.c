#include "mount.h"

struct ct_attributes ct_attributes_of(struct ct_reader *r) {
  struct ct_attributes attributes = {.set = ct_u64(r)};
  attributes.clear = ct_u64(r);
  attributes.propagation = ct_u64(r);
  attributes.recursive = ct_u8(r) != 0;
  return attributes;
}

struct ct_mount ct_mount_of(struct ct_reader *r) {
  struct ct_mount m = {.type = ct_string(r)};
  m.source = ct_string(r);
  m.data = ct_strings_of(r);
  m.page = ct_string(r);
  m.recursive = ct_u8(r) != 0;
  m.attributes = ct_attributes_of(r);
  return m;
}

/* `key=value` is a string, anything else a flag. */
static int configure(int context, const char *option) {
  char key[64];
  const char *equals = strchr(option, '=');
  if (equals == NULL) return fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);
  if (snprintf(key, sizeof key, "%.*s", (int)(equals - option), option) >= (int)sizeof key) return ct_error(EINVAL);
  return fsconfig(context, FSCONFIG_SET_STRING, key, equals + 1, 0);
}

static int open_new(const struct ct_mount *m) {
  CT_CLOSES int context = fsopen(m->type, FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  if (*m->source != 0 && fsconfig(context, FSCONFIG_SET_STRING, "source", m->source, 0) != 0) return -1;
  struct ct_reader options = m->data.items;
  for (uint32_t i = 0; i < m->data.count; i++)
    if (configure(context, ct_string(&options)) != 0) return -1;
  if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) return -1;
  return fsmount(context, FSMOUNT_CLOEXEC, (unsigned)m->attributes.set);
}

/* An overlay by mount(2), which needs a place: one in a mount namespace that nobody sees and that goes away again. */
static int open_old_overlay(const struct ct_mount *m) {
  static const char place[] = "/proc";
  if (*m->page == 0) return ct_error(E2BIG); /* more than a page: mount(2) would cut it off */
  CT_CLOSES int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  CT_CLOSES int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (own < 0 || root < 0 || unshare(CLONE_NEWNS) != 0) return -1;
  int fd = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount(m->source, place, m->type, 0, m->page) != 0
               ? -1
               : open_tree(AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int error = errno;
  bool isBack = setns(own, CLONE_NEWNS) == 0 && fchdir(root) == 0 && chroot(".") == 0;
  if (isBack) errno = error;
  if (fd >= 0 && (!isBack || ct_mount_change(fd, &m->attributes) != 0)) ct_close(&fd);
  return fd;
}

int ct_mount_open(const struct ct_mount *m) {
  if (*m->type == 0) {
    int fd = open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (m->recursive ? AT_RECURSIVE : 0u));
    if (fd >= 0 && ct_mount_change(fd, &m->attributes) != 0) ct_close(&fd);
    return fd;
  }
  bool isOverlay = strcmp(m->type, "overlay") == 0;
#ifdef CT_FORCE_OLD_OVERLAY /* for a test */
  if (isOverlay) return open_old_overlay(m);
#endif
  int fd = open_new(m);
  return fd < 0 && errno == EINVAL && isOverlay ? open_old_overlay(m) : fd;
}

int ct_mount_clone(int fd, bool recursive) {
  return open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u));
}

int ct_mount_attach(int mount, int target) { return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH); }

int ct_mount_change(int fd, const struct ct_attributes *attributes) {
  struct mount_attr change = {.attr_set = attributes->set, .attr_clr = attributes->clear, .propagation = attributes->propagation};
  if (change.attr_set == 0 && change.attr_clr == 0 && change.propagation == 0) return 0;
  return mount_setattr(fd, "", AT_EMPTY_PATH | (attributes->recursive ? AT_RECURSIVE : 0u), &change, sizeof change);
}
