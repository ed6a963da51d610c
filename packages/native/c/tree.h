/* A file tree that the helper is confined to: how paths in it are resolved, what is removed, how metadata is set. */
#ifndef CT_TREE_H
#define CT_TREE_H

#include "mount.h"

/* The directory that was resolved last, kept open because neighbours in a list of entries mostly share it. */
struct ct_parent {
  int fd; /* -1: none */
  char path[PATH_MAX];
};

struct ct_tree {
  int root;
  bool stale; /* something on a resolved path may have been removed */
  struct ct_parent parent; /* of the entry an operation makes */
  struct ct_parent existing; /* of the file a hard link refers to */
  struct ct_op op; /* being executed */
  const char *path; /* that it is about, for the report */
};

/* An entry: its name inside an open directory. The name is a single component, or "." for the root itself. */
struct ct_place {
  int dir;
  const char *name;
};

/* Reads the message on stdin, whose first operation names the target, and makes that this process's root; gives the
   operations behind it. Reports a failure itself. */
struct ct_reader ct_tree_open(struct ct_tree *tree);
/* Resolves everything but the last component of a path: symbolic links of parents are followed inside the root, the last
   component never. Missing parents are made (root, 0755) when `make` is set. "..", absolute paths and empty names are EINVAL. */
int ct_tree_place(struct ct_tree *tree, struct ct_parent *cache, const char *path, bool make, struct ct_place *out);
/* Removes an entry and everything below it; a missing one is fine. No limit on depth, a handful of fds. */
int ct_remove(struct ct_place place);
/* Removes the children of a directory; a missing one is fine. */
int ct_clear(struct ct_place place);
/* Executes operations until the one that says `end`; a stream that stops before it is EPIPE. */
int ct_apply_stream(struct ct_tree *tree, struct ct_stream *stream);

#endif
