/* Paths inside a root that belongs to somebody hostile: never followed out of it, whatever is swapped meanwhile. */
#ifndef CT_PATH_H
#define CT_PATH_H

#include <stdbool.h>

/* openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, close-on-exec; a descriptor, or -1 and errno. */
int ct_path_open(int root, const char *path, int flags);
/* An O_PATH descriptor of what is there; a missing file or directory is made, and the directories above it. Links are
   followed, also dangling ones: their target is made, inside the root. */
int ct_path_make(int root, const char *path, bool directory);
/* An O_PATH descriptor of the directory that holds the last component, which `name` gets; missing ones are made. */
int ct_path_parent(int root, const char *path, const char **name);

#endif
