/* The verb `run`: launches a process by its plan, reports once, then supervises it. */
#include "supervise.h"
#include <sys/statvfs.h>

static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/* On a mount that is read-only, or a memfd that is sealed. */
static bool is_protected(int self) {
  struct statvfs info;
  if (fstatvfs(self, &info) == 0 && (info.f_flag & ST_RDONLY)) return true;
  int seals = fcntl(self, F_GET_SEALS); /* -1: no memfd */
  return seals >= 0 && (seals & all_seals) == all_seals;
}

/* A private mount of the file alone, read-only, which no mount namespace holds. Needs CAP_SYS_ADMIN. */
static int open_readonly(int self) {
  static const struct ct_attributes readonly = {.set = MOUNT_ATTR_RDONLY};
  int fd = ct_mount_clone(self, false);
  if (fd >= 0 && ct_mount_change(fd, &readonly) != 0) ct_close(&fd);
  return fd;
}

static int open_copy(int self) {
  int fd = memfd_create("ct-native", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fd < 0 || ct_copy_bytes(self, fd) != 0 || fcntl(fd, F_ADD_SEALS, all_seals) != 0 ? -1 : fd;
}

int ct_protect(char **argv) {
  CT_CLOSES int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -1;
  if (is_protected(self)) return 0;
  int copy = open_readonly(self);
  if (copy < 0) copy = open_copy(self);
  return copy < 0 ? -1 : execveat(copy, "", argv, environ, AT_EMPTY_PATH);
}

/* Gives the master to who asked for the console, and the process's pidfd to who asked for that. */
static int send_descriptors(struct ct_supervisor *s) {
  static const char master[] = "/dev/ptmx", pidfd[] = "pidfd";
  if (*s->plan->pidfd_path != 0 && ct_send_to(s->plan->pidfd_path, pidfd, sizeof pidfd - 1, s->pidfd) != 0) return -1;
  if (*s->plan->console_path == 0 || !s->is_terminal) return 0;
  if (ct_send_to(s->plan->console_path, master, sizeof master - 1, s->outputs[0]) != 0) return -1;
  ct_close(&s->outputs[0]);
  ct_close(&s->slave);
  s->is_terminal = false;
  return 0;
}

/* Lets go of the pages of the program that only a launch needs; those that are needed again come back by themselves. */
static void forget_program(void) {
  extern char __executable_start[], etext[];
  uintptr_t page = (uintptr_t)getpagesize(), start = (uintptr_t)__executable_start & -page, end = (uintptr_t)etext & -page;
  if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Nothing of the launcher stays: no terminal, no directory, no descriptor. */
static void detach(const struct ct_plan *plan) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  if (null > 2) close(null);
  close_range(CT_STATUS_FD, CT_STATUS_FD + plan->preserved, 0);
  (void)!chdir("/");
}

/* Becomes a process of its own that nothing interrupts, and that no process of a container looks into. */
static void seclude(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  fcntl(CT_STATUS_FD, F_SETFD, FD_CLOEXEC);
  setsid();
  if (geteuid() == 0) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int ct_verb_run(char **argv) {
  static struct ct_supervisor supervisor, *const s = &supervisor;
  struct ct_plan plan;
  uint32_t index = 0;
  if (ct_protect(argv) != 0) ct_fail(CT_STAGE_PROTECT, 0, "");
  seclude();
  struct ct_reader message = ct_message_read(CT_PLAN_FD);
  errno = EBADMSG;
  if (!ct_plan_of(message, &plan, &index)) ct_fail(CT_STAGE_PLAN, index, "");
  close_range(CT_FIRST_PRESERVED + plan.preserved, ~0U, 0);
  s->plan = &plan;
  s->pidfd = s->sync = s->input = s->outputs[0] = s->outputs[1] = s->slave = -1;
  if (ct_supervise_open(s) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  ct_spawn(s);
  close(CT_PLAN_FD); /* open until then for the answer to a pause */
  if (!s->held) s->started_ns = ct_now_ns(CLOCK_REALTIME);
  if (send_descriptors(s) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  ct_succeed(0, (uint32_t)s->pid);
  if (*plan.fifo_path != 0) _exit(0);
  s->clients[0] = (struct ct_client){.fd = fcntl(CT_STATUS_FD, F_DUPFD_CLOEXEC, 0), .state = CT_CLIENT_ASKS}; /* the launcher */
  detach(&plan);
  forget_program();
  ct_supervise(s);
}
