#define _GNU_SOURCE
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#include "io.h"

struct ct_attributes ct_attributes_of(struct ct_reader *r) {
  struct ct_attributes attributes = {.set = ct_u64(r)};
  attributes.clear = ct_u64(r);
  attributes.recursive = ct_u8(r) != 0;
  return attributes;
}

struct ct_mount ct_mount_of(struct ct_reader *r) {
  struct ct_mount m = {.type = ct_string(r)};
  m.source = ct_string(r);
  m.data = ct_strings_of(r);
  m.recursive = ct_u8(r) != 0;
  m.attributes = ct_attributes_of(r);
  return m;
}

/* `key=value` is a string, anything else a flag. */
static int configure(int context, const char *option) {
  char key[64];
  const char *equals = strchr(option, '=');
  if (equals == NULL) return fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);
  size_t size = (size_t)(equals - option);
  if (size >= sizeof key) {
    errno = EINVAL;
    return -1;
  }
  memcpy(key, option, size);
  key[size] = 0;
  return fsconfig(context, FSCONFIG_SET_STRING, key, equals + 1, 0);
}

static int open_new(const struct ct_mount *m) {
  CT_CLOSES int context = fsopen(m->type, FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  if (*m->source != 0 && fsconfig(context, FSCONFIG_SET_STRING, "source", m->source, 0) != 0) return -1;
  struct ct_reader options = m->data.items;
  for (uint32_t i = 0; i < m->data.count; i++) {
    if (configure(context, ct_string(&options)) != 0) return -1;
  }
  if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) return -1;
  return fsmount(context, FSMOUNT_CLOEXEC, (unsigned)m->attributes.set);
}

int ct_mount_open(const struct ct_mount *m) {
  if (*m->type != 0) return open_new(m);
  int fd = open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (m->recursive ? AT_RECURSIVE : 0u));
  if (fd < 0 || ct_mount_change(fd, &m->attributes) == 0) return fd;
  ct_close_kept(&fd);
  return -1;
}

int ct_mount_attach(int mount, int target) { return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH); }

int ct_mount_change(int fd, const struct ct_attributes *attributes) {
  if (attributes->set == 0 && attributes->clear == 0) return 0;
  struct mount_attr change = {.attr_set = attributes->set, .attr_clr = attributes->clear};
  return mount_setattr(fd, "", AT_EMPTY_PATH | (attributes->recursive ? AT_RECURSIVE : 0u), &change, sizeof change);
}
