/* Paths inside a root that belongs to somebody hostile, and detached mounts: both meet by descriptor, so nothing can be swapped. */
#ifndef CT_MOUNT_H
#define CT_MOUNT_H

#include "wire.h"

/* openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, close-on-exec. */
int ct_path_open(int root, const char *path, int flags);
/* An O_PATH descriptor of what is there; a missing file or directory is made, and the directories above it. Links are
   followed, also dangling ones: their target is made, inside the root. */
int ct_path_make(int root, const char *path, bool directory);
/* An O_PATH descriptor of the directory that holds the last component, which `name` gets; missing ones are made. */
int ct_path_parent(int root, const char *path, const char **name);

/* As in mount_setattr(2). */
struct ct_attributes {
  uint64_t set, clear, propagation; /* propagation: MS_*, 0 leaves it */
  bool recursive;
};

struct ct_mount {
  const char *type; /* file system type; empty: a bind of `source` */
  const char *source;
  struct ct_list data; /* fsconfig(2) strings: `key=value` or `flag` */
  const char *page; /* the same for mount(2), which kernels before 6.5 need for an overlay; empty when it does not fit */
  bool recursive; /* of a bind: with the mounts below */
  struct ct_attributes attributes;
};

/* Reads: u64 set, u64 clear, u64 propagation, u8 recursive. */
struct ct_attributes ct_attributes_of(struct ct_reader *r);
/* Reads: string type, string source, strings data, string page, u8 recursive, attributes. */
struct ct_mount ct_mount_of(struct ct_reader *r);
/* Makes the mount, attached nowhere. */
int ct_mount_open(const struct ct_mount *m);
/* A detached bind of what fd refers to. */
int ct_mount_clone(int fd, bool recursive);
/* Attaches a detached mount on what `target` (an O_PATH descriptor) refers to. */
int ct_mount_attach(int mount, int target);
/* Changes the attributes of the mount `fd` refers to; nothing to change is no error. */
int ct_mount_change(int fd, const struct ct_attributes *attributes);

#endif
