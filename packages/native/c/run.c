/* The verbs `run` and `exec`: launch a process by its plan, report once, then supervise it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "decimal.h"
#include "io.h"
#include "protect.h"
#include "supervise.h"
#include "verbs.h"

static int send_console(const struct ct_supervisor *s) {
  static const char name[] = "/dev/ptmx";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (*s->plan->console_path == 0) return 0;
  if (strlen(s->plan->console_path) >= sizeof address.sun_path) return ENAMETOOLONG;
  strcpy(address.sun_path, s->plan->console_path);
  CT_CLOSES int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return errno;
  return ct_send_fds(fd, name, sizeof name - 1, &s->process.out, 1);
}

/* The master is now somebody else's. */
static void forget_console(struct ct_supervisor *s) {
  if (*s->plan->console_path == 0 || !s->process.is_terminal) return;
  close(s->process.out);
  close(s->process.slave);
  s->process.out = s->process.slave = -1;
  s->process.is_terminal = false;
}

static int write_pid(const struct ct_supervisor *s) {
  char text[24];
  if (*s->plan->pid_path == 0) return 0;
  size_t size = (size_t)(ct_decimal(text, (uint64_t)s->process.pid) - text);
  return ct_record_write(s->plan->pid_path, text, size, false);
}

/* Lets go of the pages of the program that only a launch needs; those that are needed again come back by themselves. */
static void forget_program(void) {
  extern char __executable_start[], etext[];
  uintptr_t page = (uintptr_t)getpagesize(), start = (uintptr_t)__executable_start & -page, end = (uintptr_t)etext & -page;
  if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Nothing of the launcher stays: no terminal, no directory, no stdio. */
static void detach(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  if (null > 2) close(null);
  close(CT_STATUS_FD);
  (void)!chdir("/");
}

static _Noreturn void abandon(struct ct_supervisor *s, const struct ct_report *failure) {
  ct_supervise_abandon(s);
  ct_report_send(CT_STATUS_FD, failure);
  _exit(1);
}

static _Noreturn void supervise(struct ct_supervisor *s) {
  struct ct_report report;
  if (!ct_spawn(s->plan, &s->process, &report)) abandon(s, &report);
  if (!s->process.held) s->exit.started_ns = ct_now_ns();
  int error = s->process.is_terminal ? send_console(s) : 0;
  if (error == 0) error = write_pid(s);
  if (error != 0) {
    ct_spawn_kill(&s->process);
    report = (struct ct_report){.kind = CT_REPORT_FAILED, .stage = CT_STAGE_FILES, .error = error};
    abandon(s, &report);
  }
  forget_console(s);
  report = (struct ct_report){.kind = CT_REPORT_OK, .value = (uint32_t)s->process.pid};
  ct_report_send(CT_STATUS_FD, &report);
  if (*s->plan->fifo_path != 0) _exit(0);
  detach();
  forget_program();
  ct_supervise(s);
}

static int launch(char **argv, bool isExec) {
  struct ct_reader message;
  struct ct_plan plan;
  uint32_t index = 0;
  sigset_t all;
  int error = ct_protect(argv);
  if (error != 0) ct_fail(CT_STATUS_FD, CT_STAGE_PROTECT, 0, error);
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  close_range(CT_STATUS_FD + 1, ~0U, 0);
  fcntl(CT_STATUS_FD, F_SETFD, FD_CLOEXEC);
  setsid();
  if (geteuid() == 0) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no process of a container looks into this one */
  error = ct_message_read(CT_PLAN_FD, &message);
  close(CT_PLAN_FD);
  if (error != 0) ct_fail(CT_STATUS_FD, CT_STAGE_PLAN, 0, error);
  if (!ct_plan_of(message, &plan, &index) || (plan.pid != 0) != isExec) ct_fail(CT_STATUS_FD, CT_STAGE_PLAN, index, EBADMSG);
  struct ct_supervisor *s = calloc(1, sizeof *s);
  if (s == NULL) ct_fail(CT_STATUS_FD, CT_STAGE_FILES, 0, ENOMEM);
  error = ct_supervise_open(s, &plan);
  if (error != 0) ct_fail(CT_STATUS_FD, CT_STAGE_FILES, 0, error);
  supervise(s);
}

int ct_verb_run(int argc, char **argv) {
  (void)argc;
  return launch(argv, false);
}

int ct_verb_exec(int argc, char **argv) {
  (void)argc;
  return launch(argv, true);
}
