/* The new process between clone and exec: it executes its operations and reports over a socket to its supervisor. */
#ifndef CT_CHILD_H
#define CT_CHILD_H

#include "plan.h"
#include "report.h"

/* Reports of the child to its supervisor, beside CT_REPORT_FAILED. */
enum {
  CT_REPORT_TERMINAL = 2, /* comes with the pty's master and slave */
  CT_REPORT_HELD = 3,
  CT_REPORT_EXECUTING = 4, /* the last one: a closed socket then means that exec succeeded */
};

struct ct_child {
  const struct ct_plan *plan;
  int sync; /* to the supervisor: SOCK_SEQPACKET */
  int proc; /* the host's /proc, checked; its `self` and `sys` are those of whoever looks */
  int oom_score; /* its own oom_score_adj, opened while it may: the file is the host's root's */
  int root; /* where targets are resolved; -1 before it is known */
  int stdio[3]; /* what becomes 0, 1 and 2; -1: stays as it is */
  int fifo; /* O_PATH, where a detached process is held; -1: none */
  int target; /* pidfd of the process whose namespaces are joined, -1: none */
  int target_root;
  int cgroups[CT_MAX_CGROUPS]; /* files the process writes itself into; -1: none */
  int joined[CT_MAX_NAMESPACES];
  int empty; /* a mask for directories once it is mounted, -1 before */
  bool umask_set;
};

/* Runs the process; comes back never. */
_Noreturn void ct_child_run(struct ct_child *child);

/* Operations, by file; each gives 0, or -1 and errno. */
int ct_op_root(struct ct_child *c, const struct ct_operation *op);
int ct_op_mount(struct ct_child *c, const struct ct_operation *op);
int ct_op_attributes(struct ct_child *c, const struct ct_operation *op);
int ct_op_mask(struct ct_child *c, const struct ct_operation *op);
int ct_op_readonly(struct ct_child *c, const struct ct_operation *op);
int ct_op_enter_root(struct ct_child *c, const struct ct_operation *op);
int ct_op_root_propagation(struct ct_child *c, const struct ct_operation *op);
int ct_op_mkdir(struct ct_child *c, const struct ct_operation *op);
int ct_op_symlink(struct ct_child *c, const struct ct_operation *op);
int ct_op_device(struct ct_child *c, const struct ct_operation *op);
int ct_op_terminal(struct ct_child *c, const struct ct_operation *op);
int ct_op_process(struct ct_child *c, const struct ct_operation *op);
int ct_op_user(const struct ct_operation *op);
int ct_op_capabilities(const struct ct_operation *op);
/* Copies what is in the directory `from` into the empty directory `to`, owners, modes and links included. */
int ct_copy_up(int from, int to);
/* Whether fd is the character device major:minor; else errno is EINVAL. */
bool ct_is_device(int fd, unsigned major, unsigned minor);

#endif
