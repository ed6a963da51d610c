/* Makes the process of a plan: namespaces, id maps, cgroups; from then on it executes its operations. */
#ifndef CT_SPAWN_H
#define CT_SPAWN_H

#include "child.h"

struct ct_process {
  pid_t pid;
  int pidfd;
  int sync; /* to the process */
  int in, out, err; /* our ends of its stdio; -1: none; of a terminal, `out` is the master */
  int slave; /* of a terminal, so that a shell's pause between two programs is no end of output */
  bool held, is_terminal;
};

/* Starts the process and waits until it is held or executes its program. False: `failure` says why, and no process is left. */
bool ct_spawn(const struct ct_plan *plan, struct ct_process *process, struct ct_report *failure);
/* Kills the process and reaps it. */
void ct_spawn_kill(struct ct_process *process);

#endif
