/* Detached mounts: made by descriptor, attached by descriptor, never by a path that could be swapped. */
#ifndef CT_MOUNT_H
#define CT_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/* As in mount_setattr(2). */
struct ct_attributes {
  uint64_t set, clear;
  bool recursive;
};

struct ct_mount {
  const char *type; /* file system type; empty: a bind of `source` */
  const char *source;
  struct ct_list data; /* fsconfig(2) strings: `key=value` or `flag` */
  bool recursive; /* of a bind: with the mounts below */
  struct ct_attributes attributes;
};

/* Reads: u64 set, u64 clear, u8 recursive. */
struct ct_attributes ct_attributes_of(struct ct_reader *r);
/* Reads: string type, string source, strings data, u8 recursive, attributes. */
struct ct_mount ct_mount_of(struct ct_reader *r);
/* Makes the mount, attached nowhere; its descriptor, or -1 and errno. */
int ct_mount_open(const struct ct_mount *m);
/* Attaches a detached mount on what `target` (an O_PATH descriptor) refers to; 0, or -1 and errno. */
int ct_mount_attach(int mount, int target);
/* Changes the attributes of the mount `fd` refers to; nothing to change is no error; 0, or -1 and errno. */
int ct_mount_change(int fd, const struct ct_attributes *attributes);

#endif
