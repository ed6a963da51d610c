#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decimal.h"
#include "io.h"
#include "path.h"

/* False when the supervisor is gone. */
static bool say(struct ct_child *c, const struct ct_report *report) { return ct_send_fds(c->sync, report, sizeof *report, NULL, 0) == 0; }

static _Noreturn void fail_with(struct ct_child *c, uint8_t stage, uint32_t index, int status) {
  const struct ct_report report = {.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = errno};
  say(c, &report);
  _exit(status);
}

static _Noreturn void fail(struct ct_child *c, uint8_t stage, uint32_t index) { fail_with(c, stage, index, 1); }

/* Waits for one byte; a supervisor that is gone ends the process, too. */
static void await_go(struct ct_child *c) {
  char go;
  if (CT_RETRY(read(c->sync, &go, 1)) != 1) _exit(1);
}

static void enter_cgroups(struct ct_child *c) {
  for (uint32_t i = 0; i < c->plan->cgroup_count; i++) {
    if (c->cgroups[i] < 0) continue;
    if (CT_RETRY(write(c->cgroups[i], "0", 1)) != 1) fail(c, CT_STAGE_CGROUP, i);
    close(c->cgroups[i]);
  }
  if ((c->plan->new_namespaces & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) != 0) fail(c, CT_STAGE_CGROUP, 0);
}

/* Pid and user namespaces were joined before: they hold for children, and own what is new. */
static void join(struct ct_child *c) {
  const uint32_t before = CLONE_NEWPID | CLONE_NEWUSER;
  for (uint32_t i = 0; i < c->plan->joined_count; i++) {
    if (!(c->plan->joined[i].flag & before) && setns(c->joined[i], (int)c->plan->joined[i].flag) != 0) fail(c, CT_STAGE_JOIN, i);
    close(c->joined[i]);
  }
  if (c->target < 0) {
    c->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return;
  }
  if (setns(c->target, (int)(c->plan->pid_namespaces & ~(uint32_t)CLONE_NEWPID)) != 0) fail(c, CT_STAGE_JOIN, 0);
  if (fchdir(c->target_root) != 0 || chroot(".") != 0) fail(c, CT_STAGE_JOIN, 0);
  c->root = c->target_root;
}

/* Becomes root of its user namespace, when that has one. */
static void become_root(struct ct_child *c) {
  bool isInNew = (c->plan->new_namespaces | c->plan->pid_namespaces) & CLONE_NEWUSER;
  for (uint32_t i = 0; i < c->plan->joined_count; i++) isInNew |= c->plan->joined[i].flag == CLONE_NEWUSER;
  if (isInNew && (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) && errno != EINVAL) fail(c, CT_STAGE_JOIN, 0);
}

static void set_stdio(struct ct_child *c) {
  for (int fd = 0; fd < 3; fd++) {
    if (c->stdio[fd] >= 0 && dup2(c->stdio[fd], fd) < 0) fail(c, CT_STAGE_FILES, 0);
  }
}

/* Closes all but stdio and what the operations need: log, socket and status are the supervisor's. */
static void keep_own(struct ct_child *c) {
  enum { kept_from = 100 };
  int *const kept[] = {&c->sync, &c->proc, &c->oom_score, &c->root, &c->fifo};
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    if (*kept[i] >= 0 && (*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, kept_from)) < 0) _exit(1);
  }
  if (close_range(3, kept_from - 1, 0) != 0) fail(c, CT_STAGE_FILES, 0);
}

/* A stdin that was closed becomes the root's own /dev/null, so that the host's cannot be reached through it. */
static void close_stdin(struct ct_child *c) {
  if (c->plan->stdio != CT_STDIO_CLOSED_STDIN || c->root < 0 || c->plan->has_terminal) return;
  CT_CLOSES int null = ct_path_open(c->root, "/dev/null", O_PATH); /* opening could block on what is no device */
  if (null < 0 || !ct_is_device(null, 1, 3)) return;
  CT_CLOSES int fd = ct_path_open(c->root, "/dev/null", O_RDWR | O_NONBLOCK);
  if (fd >= 0 && ct_is_device(fd, 1, 3)) dup2(fd, 0);
}

/* Until the supervisor says so; a process without one waits for a writer of its FIFO, and one byte. */
static int hold(struct ct_child *c) {
  const struct ct_report held = {.kind = CT_REPORT_HELD};
  if (c->fifo < 0) {
    say(c, &held);
    await_go(c);
    return 0;
  }
  char path[32] = "self/fd/", go;
  ct_decimal(path + strlen(path), (uint64_t)c->fifo);
  if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0) return -1;
  say(c, &held);
  int fd = CT_RETRY(openat(c->proc, path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return -1;
  if (CT_RETRY(read(fd, &go, 1)) != 1) _exit(1);
  return close(fd);
}

static _Noreturn void exec(struct ct_child *c, const struct ct_operation *op) {
  const struct ct_report executing = {.kind = CT_REPORT_EXECUTING};
  struct ct_list files = op->files;
  int denied = 0;
  if (!c->umask_set) umask(022);
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  if (!say(c, &executing) && c->fifo < 0) _exit(1); /* nobody would supervise it */
  for (uint32_t i = 0; i < files.count; i++) {
    execve(ct_string(&files.items), c->plan->args, c->plan->env);
    if (errno == EACCES) denied = errno;
    else if (errno != ENOENT && errno != ENOTDIR) break;
  }
  if (denied != 0 && (errno == ENOENT || errno == ENOTDIR)) errno = denied;
  fail_with(c, CT_STAGE_EXEC, op->index, errno == ENOENT || errno == ENOTDIR ? 127 : 126);
}

static int operate(struct ct_child *c, const struct ct_operation *op) {
  switch (op->code) {
  case CT_OP_ROOT: return ct_op_root(c, op);
  case CT_OP_MOUNT:
  case CT_OP_BIND: return ct_op_mount(c, op);
  case CT_OP_ATTRIBUTES: return ct_op_attributes(c, op);
  case CT_OP_MASK: return ct_op_mask(c, op);
  case CT_OP_READONLY: return ct_op_readonly(c, op);
  case CT_OP_MKDIR: return ct_op_mkdir(c, op);
  case CT_OP_SYMLINK: return ct_op_symlink(c, op);
  case CT_OP_DEVICE: return ct_op_device(c, op);
  case CT_OP_TERMINAL: return ct_op_terminal(c, op);
  case CT_OP_ENTER_ROOT:
    if (ct_op_enter_root(c, op) != 0) return -1;
    close_stdin(c);
    return 0;
  case CT_OP_ROOT_PROPAGATION: return ct_op_root_propagation(c, op);
  case CT_OP_USER: return ct_op_user(op);
  case CT_OP_CAPABILITIES: return ct_op_capabilities(op);
  case CT_OP_HOLD: return hold(c);
  case CT_OP_EXEC: exec(c, op);
  default: return ct_op_process(c, op);
  }
}

void ct_child_run(struct ct_child *c) {
  struct ct_reader r = c->plan->operations;
  uint32_t next = c->plan->first_index;
  struct ct_operation operation;
  struct ct_op op;
  sigset_t none;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(c, CT_STAGE_CLONE, 0);
  await_go(c);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(0);
  c->oom_score = openat(c->proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  enter_cgroups(c);
  join(c);
  become_root(c);
  set_stdio(c);
  keep_own(c);
  if (setsid() < 0 && errno != EPERM) fail(c, CT_STAGE_CLONE, 0);
  if (c->target >= 0) close_stdin(c);
  while (ct_next_op(&r, &next, &op)) {
    if (!ct_operation_of(&op, &operation)) errno = EBADMSG;
    else if (operate(c, &operation) == 0) continue;
    fail(c, CT_STAGE_OPERATION, op.index);
  }
  errno = EBADMSG; /* the plan has no exec, which decoding refused */
  fail(c, CT_STAGE_PLAN, next);
}
