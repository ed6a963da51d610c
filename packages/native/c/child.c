/* The new process: joins what it belongs to, then executes its operations and reports over a socket to its supervisor. */
#include "plan.h"

/* False when the supervisor is gone. */
static bool say(struct ct_child *c, struct ct_report report) { return ct_send_fds(c->sync, &report, sizeof report, NULL, 0) == 0; }

static _Noreturn void fail(struct ct_child *c, uint8_t stage, uint32_t index) {
  int status = stage != CT_STAGE_EXEC ? 1 : ct_is_missing() ? 127 : 126; /* of a program that cannot be executed: as a shell's */
  say(c, (struct ct_report){.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = errno});
  _exit(status);
}

/* Waits for one byte; whoever should send it and is gone ends the process, too. */
static void await_go(int fd) {
  char go;
  if (CT_RETRY(read(fd, &go, 1)) != 1) _exit(1);
}

static void enter_cgroups(struct ct_child *c) {
  for (uint32_t i = 0; i < c->plan->cgroup_count; i++) {
    if (c->cgroups[i] >= 0 && CT_RETRY(write(c->cgroups[i], "0", 1)) != 1) fail(c, CT_STAGE_CGROUP, i);
  }
  if ((c->plan->new_namespaces & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) != 0) fail(c, CT_STAGE_CGROUP, 0);
}

/* Pid and user namespaces were joined before: they hold for children, and own what is new. */
static void join(struct ct_child *c) {
  const uint32_t before = CLONE_NEWPID | CLONE_NEWUSER;
  bool isInUser = (c->plan->new_namespaces | c->plan->pid_namespaces) & CLONE_NEWUSER;
  for (uint32_t i = 0; i < c->plan->joined_count; i++) {
    uint32_t flag = c->plan->joined[i].flag;
    if (!(flag & before) && setns(c->joined[i], (int)flag) != 0) fail(c, CT_STAGE_JOIN, i);
    isInUser |= flag == CLONE_NEWUSER;
  }
  if (c->target >= 0) {
    if (setns(c->target, (int)(c->plan->pid_namespaces & ~(uint32_t)CLONE_NEWPID)) != 0) fail(c, CT_STAGE_JOIN, 0);
    if (fchdir(c->target_root) != 0 || chroot(".") != 0) fail(c, CT_STAGE_JOIN, 0);
  }
  c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* Root of its user namespace, when that has one. */
  if (isInUser && (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) && errno != EINVAL) fail(c, CT_STAGE_JOIN, 0);
}

/* Takes its stdio, and closes all but that and what the operations need: log, socket and status are the supervisor's. */
static void keep_own(struct ct_child *c) {
  enum { kept_from = 100 };
  int *const kept[] = {&c->sync, &c->proc, &c->oom_score, &c->root, &c->fifo};
  for (int fd = 0; fd < 3; fd++) {
    if (c->stdio[fd] >= 0 && dup2(c->stdio[fd], fd) < 0) fail(c, CT_STAGE_FILES, 0);
  }
  for (size_t i = 0; i < CT_COUNT(kept); i++) {
    if (*kept[i] >= 0 && (*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, kept_from)) < 0) _exit(1);
  }
  if (close_range(3, kept_from - 1, 0) != 0) fail(c, CT_STAGE_FILES, 0);
}

void ct_close_stdin(struct ct_child *c) {
  if (c->plan->stdio != CT_STDIO_CLOSED_STDIN || c->root < 0 || c->plan->has_terminal) return;
  CT_CLOSES int null = ct_path_open(c->root, "/dev/null", O_PATH); /* opening could block on what is no device */
  if (null < 0 || !ct_is_device(null, 1, 3)) return;
  CT_CLOSES int fd = ct_path_open(c->root, "/dev/null", O_RDWR | O_NONBLOCK);
  if (fd >= 0 && ct_is_device(fd, 1, 3)) dup2(fd, 0);
}

/* Until the supervisor says so; a process without one waits for a writer of its FIFO, and one byte. */
int ct_op_hold(struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  /* The host's /proc leads to its processes and their roots: who may trace this process would reach them through it. */
  int *const unneeded[] = {&c->proc, &c->oom_score, &c->empty};
  for (size_t i = 0; i < CT_COUNT(unneeded); i++) ct_close(unneeded[i]);
  if (c->fifo >= 0 && prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0) return -1;
  say(c, (struct ct_report){.kind = CT_REPORT_HELD});
  await_go(c->fifo < 0 ? c->sync : c->fifo);
  return 0;
}

int ct_op_exec(struct ct_child *c, const struct ct_operation *op) {
  struct ct_list files = op->files;
  int denied = 0;
  if (!c->umask_set) umask(022);
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  if (!say(c, (struct ct_report){.kind = CT_REPORT_EXECUTING}) && c->fifo < 0) _exit(1); /* nobody would supervise it */
  for (uint32_t i = 0; i < files.count; i++) {
    execve(ct_string(&files.items), c->plan->args, c->plan->env);
    if (errno == EACCES) denied = errno;
    else if (!ct_is_missing()) break;
  }
  if (denied != 0 && ct_is_missing()) errno = denied;
  fail(c, CT_STAGE_EXEC, op->index);
}

void ct_child_run(struct ct_child *c) {
  struct ct_reader r = c->plan->operations;
  struct ct_operation operation;
  struct ct_op op = {.index = c->plan->before};
  sigset_t none;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(c, CT_STAGE_CLONE, 0);
  await_go(c->sync);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(0);
  c->oom_score = openat(c->proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (c->target >= 0) ct_close(&c->proc); /* others see this process from the start */
  enter_cgroups(c);
  join(c);
  keep_own(c);
  if (setsid() < 0 && errno != EPERM) fail(c, CT_STAGE_CLONE, 0);
  if (c->target >= 0) ct_close_stdin(c);
  while (ct_next_op(&r, &op)) {
    if (!ct_operation_of(&op, &operation)) errno = EBADMSG;
    else if (operation.run(c, &operation) == 0) continue;
    fail(c, CT_STAGE_OPERATION, op.index);
  }
  _exit(1); /* the plan has no exec, which decoding refused */
}
