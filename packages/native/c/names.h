/* The names in a directory, in byte order. */
#ifndef CT_NAMES_H
#define CT_NAMES_H

#include <stddef.h>

struct ct_names {
  char **at;
  size_t count;
  char *bytes; /* where they all lie */
};

/* Reads a directory, "." and ".." left out; 0, or -1 and errno. */
int ct_names_read(int dir, struct ct_names *names);
void ct_names_free(struct ct_names *names);

#endif
