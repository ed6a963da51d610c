/* CVE-2019-5736: what runs in a container must not reach the helper's own file through /proc/<pid>/exe. */
#ifndef CT_PROTECT_H
#define CT_PROTECT_H

/* Comes back only when the running program is a copy that nobody can write; otherwise executes such a copy with the
   same arguments. Gives 0, or an errno. */
int ct_protect(char **argv);

#endif
