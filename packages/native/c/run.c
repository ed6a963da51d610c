/* The verbs `run` and `exec`: launch a process by its plan, report once, then supervise it. */
#include "supervise.h"

#include <sys/un.h>

/* Gives the master to who asked for the console. */
static int send_console(struct ct_supervisor *s) {
  static const char name[] = "/dev/ptmx";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (*s->plan->console_path == 0 || !s->is_terminal) return 0;
  if (strlen(s->plan->console_path) >= sizeof address.sun_path) return ct_error(ENAMETOOLONG);
  strcpy(address.sun_path, s->plan->console_path);
  CT_CLOSES int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  if (ct_send_fds(fd, name, sizeof name - 1, &s->outputs[0], 1) != 0) return -1;
  ct_close(&s->outputs[0]);
  ct_close(&s->slave);
  s->is_terminal = false;
  return 0;
}

static int write_pid(const struct ct_supervisor *s) {
  char text[24];
  snprintf(text, sizeof text, "%d", s->pid);
  return *s->plan->pid_path == 0 ? 0 : ct_record_write(s->plan->pid_path, text, false);
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

/* Becomes a process of its own that nothing interrupts, and that no process of a container looks into. */
static void seclude(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  close_range(CT_STATUS_FD + 1, ~0U, 0);
  fcntl(CT_STATUS_FD, F_SETFD, FD_CLOEXEC);
  setsid();
  if (geteuid() == 0) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int launch(char **argv, bool isExec) {
  struct ct_plan plan;
  uint32_t index = 0;
  if (ct_protect(argv) != 0) ct_fail(CT_STAGE_PROTECT, 0, "");
  seclude();
  struct ct_reader message = ct_message_read(CT_PLAN_FD);
  close(CT_PLAN_FD);
  errno = EBADMSG;
  if (!ct_plan_of(message, &plan, &index) || (plan.pid != 0) != isExec) ct_fail(CT_STAGE_PLAN, index, "");
  struct ct_supervisor *s = calloc(1, sizeof *s);
  if (s == NULL) ct_fail(CT_STAGE_FILES, 0, "");
  s->plan = &plan;
  s->pidfd = s->sync = s->input = s->outputs[0] = s->outputs[1] = s->slave = -1;
  if (ct_supervise_open(s) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  ct_spawn(s);
  if (!s->held) s->exit.started_ns = ct_now_ns();
  if (send_console(s) != 0 || write_pid(s) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  ct_succeed(0, (uint32_t)s->pid);
  if (*plan.fifo_path != 0) _exit(0);
  detach();
  forget_program();
  ct_supervise(s);
}

int ct_verb_run(char **argv) { return launch(argv, false); }
int ct_verb_exec(char **argv) { return launch(argv, true); }
