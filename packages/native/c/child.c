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
  for (uint32_t i = 0; i < c->plan->cgroup_count; i++)
    if (c->cgroups[i] >= 0 && CT_RETRY(write(c->cgroups[i], "0", 1)) != 1) fail(c, CT_STAGE_CGROUP, i);
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
    if (setns(c->target, (int)(c->plan->pid_namespaces & ~before)) != 0) fail(c, CT_STAGE_JOIN, 0);
    if (fchdir(c->target_root) != 0 || chroot(".") != 0) fail(c, CT_STAGE_JOIN, 0);
  }
  c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* Root of its user namespace, when that has one. */
  if (isInUser && (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) && errno != EINVAL) fail(c, CT_STAGE_JOIN, 0);
}

/* Takes its stdio and what the launcher gave, and closes what the operations do not need: log, socket, status are the supervisor's. */
static void keep_own(struct ct_child *c) {
  enum { kept_from = 200, kept = offsetof(struct ct_child, stdio) / sizeof(int) - offsetof(struct ct_child, all) / sizeof(int) };
  unsigned given = c->plan->preserved;
  for (size_t i = 0; i < kept; i++)
    if (c->all[i] >= 0 && (c->all[i] = fcntl(c->all[i], F_DUPFD_CLOEXEC, kept_from)) < 0) _exit(1);
  for (int fd = 0; fd < 3; fd++)
    if (c->stdio[fd] >= 0 && dup2(c->stdio[fd], fd) < 0) fail(c, CT_STAGE_FILES, 0);
  for (unsigned i = 0; i < given; i++)
    if (dup2((int)(CT_FIRST_PRESERVED + i), (int)(3 + i)) < 0) fail(c, CT_STAGE_FILES, i);
  if (close_range(3 + given, kept_from - 1, 0) != 0) fail(c, CT_STAGE_FILES, 0);
}

int ct_op_enter(struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  if (c->target >= 0) ct_close(&c->proc); /* others see this process from the start */
  enter_cgroups(c);
  join(c);
  keep_own(c);
  if (setsid() < 0 && errno != EPERM) fail(c, CT_STAGE_CLONE, 0);
  if (c->target >= 0) ct_close_stdin(c);
  return 0;
}

void ct_close_stdin(struct ct_child *c) {
  if (c->plan->stdio != CT_STDIO_CLOSED_STDIN || c->root < 0 || c->plan->has_terminal) return;
  CT_CLOSES int null = ct_path_open(c->root, "/dev/null", O_PATH); /* opening could block on what is no device */
  if (null < 0 || !ct_is_device(null, 1, 3)) return;
  CT_CLOSES int fd = ct_path_open(c->root, "/dev/null", O_RDWR | O_NONBLOCK);
  if (fd >= 0 && ct_is_device(fd, 1, 3)) dup2(fd, 0);
}

/* Until the launcher says so. */
int ct_op_pause(struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  say(c, (struct ct_report){.kind = CT_REPORT_PAUSED});
  await_go(c->sync);
  return 0;
}

/* Until the supervisor says so; a process without one waits for a writer of its FIFO, and one byte. */
int ct_op_hold(struct ct_child *c, CT_UNUSED const struct ct_operation *op) {
  /* The host's /proc leads to its processes and their roots: who may trace this process would reach them through it. */
  ct_close(&c->proc);
  ct_close(&c->empty);
  if (c->fifo >= 0 && prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0) return -1;
  say(c, (struct ct_report){.kind = CT_REPORT_HELD});
  await_go(c->fifo < 0 ? c->sync : c->fifo);
  return 0;
}

static int find(CT_UNUSED struct ct_child *c, const char *file) {
  struct stat info;
  if (stat(file, &info) != 0 || access(file, X_OK) != 0) return errno == EPERM || errno == ENOSYS ? 0 : -1; /* a filter's answer */
  return S_ISDIR(info.st_mode) ? ct_error(EACCES) : 0;
}

static int execute(struct ct_child *c, const char *file) { return execve(file, c->plan->args, c->plan->env); }

/* Tries the files in order. One that must not be executed says more than those that are missing. */
static int try_files(struct ct_child *c, const struct ct_operation *op, int (*attempt)(struct ct_child *c, const char *file)) {
  struct ct_list files = op->files;
  int denied = 0;
  for (uint32_t i = 0; i < files.count; i++) {
    if (attempt(c, ct_string(&files.items)) == 0) return 0;
    if (errno == EACCES) denied = errno;
    else if (!ct_is_missing()) break;
  }
  if (denied != 0 && ct_is_missing()) errno = denied;
  fail(c, CT_STAGE_EXEC, op->index);
}

int ct_op_probe(struct ct_child *c, const struct ct_operation *op) { return try_files(c, op, find); }

int ct_op_exec(struct ct_child *c, const struct ct_operation *op) {
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  if (!say(c, (struct ct_report){.kind = CT_REPORT_EXECUTING}) && c->fifo < 0) _exit(1); /* nobody would supervise it */
  return try_files(c, op, execute);
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
  while (ct_next_op(&r, &op)) {
    if (!ct_operation_of(&op, &operation)) errno = EBADMSG;
    else if (operation.run(c, &operation) == 0) continue;
    fail(c, CT_STAGE_OPERATION, op.index);
  }
  _exit(0); /* it only held its namespaces */
}
