/* Makes the process of a plan: namespaces, id maps, cgroups; from then on it executes its operations. */
#include "supervise.h"
#include <linux/magic.h>
#include <linux/sched.h>
#include <sys/vfs.h>

void ct_give_up(struct ct_supervisor *s, uint8_t stage, uint32_t index) {
  int error = errno;
  siginfo_t info;
  if (s->pidfd >= 0) {
    pidfd_send_signal(s->pidfd, SIGKILL, NULL, 0);
    CT_RETRY(waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED));
  }
  if (s->listener >= 0) unlink(s->plan->socket_path);
  errno = error;
  ct_fail(stage, index, "");
}

/* A pipe whose end of ours does not block. */
static int open_pipe(int *ours, int *theirs, bool reads) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  *ours = ends[reads ? 0 : 1];
  *theirs = ends[reads ? 1 : 0];
  return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

static int open_files(struct ct_supervisor *s, struct ct_child *c) {
  struct statfs info;
  c->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (c->proc < 0 || fstatfs(c->proc, &info) != 0) return -1;
  if (info.f_type != PROC_SUPER_MAGIC) return ct_error(ENOENT);
  const char *fifo = s->plan->fifo_path;
  if (*fifo != 0 && ((mkfifo(fifo, 0600) != 0 && errno != EEXIST) || (c->fifo = open(fifo, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) < 0)) return -1;
  if (s->plan->stdio == CT_STDIO_INHERIT || s->plan->has_terminal) return 0;
  if (open_pipe(&s->input, &c->stdio[0], false) != 0) return -1;
  if (s->plan->stdio == CT_STDIO_CLOSED_STDIN) ct_close(&s->input);
  return open_pipe(&s->outputs[0], &c->stdio[1], true) != 0 ? -1 : open_pipe(&s->outputs[1], &c->stdio[2], true);
}

/* cgroup2 takes the process at its birth, by the directory: no migration. A v1 file is written by the process itself. */
static void open_cgroups(struct ct_supervisor *s, struct ct_child *c, int *into) {
  for (uint32_t i = 0; i < s->plan->cgroup_count; i++) {
    struct statfs info;
    char directory[PATH_MAX];
    const char *path = s->plan->cgroups[i];
    c->cgroups[i] = open(path, O_WRONLY | O_CLOEXEC);
    if (c->cgroups[i] < 0 || fstatfs(c->cgroups[i], &info) != 0) ct_give_up(s, CT_STAGE_CGROUP, i);
    if (info.f_type != CGROUP2_SUPER_MAGIC || *into >= 0) continue;
    ct_close(&c->cgroups[i]);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path); /* not longer than `path` */
    if ((*into = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) ct_give_up(s, CT_STAGE_CGROUP, i);
  }
}

/* Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything, so fields count from the last `)`. */
static uint64_t start_time(int proc, pid_t pid) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "%d/stat", pid);
  CT_CLOSES int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : CT_RETRY(read(fd, text, sizeof text - 1));
  text[size < 0 ? 0 : size] = 0;
  const char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static int open_target(const struct ct_plan *plan, struct ct_child *c) {
  char path[32];
  snprintf(path, sizeof path, "%d/root", plan->pid);
  if ((c->target = pidfd_open(plan->pid, 0)) < 0) return -1;
  if ((c->target_root = openat(c->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) return -1;
  if (plan->pid_start != 0 && start_time(c->proc, plan->pid) != plan->pid_start) return ct_error(ESRCH);
  return pidfd_send_signal(c->target, 0, NULL, 0); /* what was read above was still this process */
}

static int join_pid(const struct ct_plan *plan, const struct ct_child *c) {
  for (uint32_t i = 0; i < plan->joined_count; i++)
    if (plan->joined[i].flag == CLONE_NEWPID && setns(c->joined[i], CLONE_NEWPID) != 0) return -1;
  return plan->pid_namespaces & CLONE_NEWPID ? setns(c->target, CLONE_NEWPID) : 0;
}

/* Opens the namespaces to join; gives what says that of users, or -1. */
static int open_joined(struct ct_supervisor *s, struct ct_child *c) {
  int user = -1;
  for (uint32_t i = 0; i < s->plan->joined_count; i++) {
    int fd = c->joined[i] = open(s->plan->joined[i].path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) ct_give_up(s, CT_STAGE_JOIN, i);
    if (s->plan->joined[i].flag == CLONE_NEWUSER && user < 0) user = fd;
  }
  if (s->plan->pid != 0 && open_target(s->plan, c) != 0) ct_give_up(s, CT_STAGE_JOIN, 0);
  if (s->plan->pid_namespaces & CLONE_NEWUSER) user = c->target;
  if (user < 0 && join_pid(s->plan, c) != 0) ct_give_up(s, CT_STAGE_JOIN, 0);
  return user;
}

/* Makes the mounts whose ids are mapped; a process in a user namespace of its own could not. */
static void open_sources(struct ct_supervisor *s, struct ct_child *c) {
  for (uint32_t i = 0; i < s->plan->source_count; i++) {
    const struct ct_source *source = &s->plan->sources[i];
    CT_CLOSES int user = open(source->user, O_RDONLY | O_CLOEXEC);
    struct mount_attr change = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user};
    c->sources[i] = user < 0 ? -1 : ct_mount_open(&source->mount);
    unsigned flags = AT_EMPTY_PATH | (source->mount.recursive ? AT_RECURSIVE : 0u);
    if (c->sources[i] < 0 || mount_setattr(c->sources[i], "", flags, &change, sizeof change) != 0) ct_give_up(s, CT_STAGE_SOURCE, i);
  }
}

/* The launcher's answer to a pause is what the listener of a filter is told. */
static int pause_launch(struct ct_supervisor *s) {
  const struct ct_report report = {.kind = CT_REPORT_PAUSED, .value = (uint32_t)s->pid};
  if (ct_write_all(CT_STATUS_FD, &report, sizeof report) != 0) return -1;
  struct ct_reader answer = ct_message_read(CT_PLAN_FD);
  s->answer = ct_bytes_of(&answer);
  return ct_done(&answer) ? ct_write_all(s->sync, "g", 1) : ct_error(ECANCELED);
}

/* Children get the clocks of a new time namespace: those of a process that is in it are fixed. */
static void open_clocks(struct ct_supervisor *s, int proc) {
  const char *offsets = s->plan->time_offsets;
  if (*offsets == 0) return;
  CT_CLOSES int fd = unshare(CLONE_NEWTIME) != 0 ? -1 : openat(proc, "self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ct_write_all(fd, offsets, strlen(offsets)) != 0) ct_give_up(s, CT_STAGE_CLONE, 0);
}

/* Reads the reports of the process until it is held or executes. */
static void await(struct ct_supervisor *s) {
  bool executing = false;
  while (!s->held) {
    struct ct_report report;
    int fds[2];
    ssize_t size = ct_receive_fds(s->sync, &report, sizeof report, fds);
    if (size == 0 && executing) break;
    errno = size > 0 ? report.error : ECHILD;
    if (size <= 0) ct_give_up(s, CT_STAGE_LOST, 0);
    if (report.kind == CT_REPORT_FAILED) ct_give_up(s, report.stage, report.index);
    if (report.kind == CT_REPORT_EXECUTING) executing = true;
    if (report.kind == CT_REPORT_HELD) s->held = true;
    if (report.kind == CT_REPORT_PAUSED && pause_launch(s) != 0) ct_give_up(s, CT_STAGE_PAUSE, 0);
    if (report.kind == CT_REPORT_LISTENER) {
      if (ct_send_to(s->plan->listener_path, s->answer.at, s->answer.length, fds[0]) != 0) ct_give_up(s, CT_STAGE_LISTENER, 0);
      ct_close(&fds[0]);
    }
    if (report.kind != CT_REPORT_TERMINAL) continue;
    s->is_terminal = true;
    s->outputs[0] = fds[0];
    s->slave = fds[1];
  }
  if (!s->held) ct_close(&s->sync);
}

/* Comes back in the supervisor. The child gives up the other end of the socket: else it would not see that the supervisor is gone. */
static long clone_child(struct ct_supervisor *s, struct ct_child *c, int into, bool isGrandchild) {
  struct clone_args args = {
      .flags = CLONE_PIDFD | (s->plan->new_namespaces & ~(uint32_t)CLONE_NEWCGROUP) | (into < 0 ? 0 : CLONE_INTO_CGROUP),
      .pidfd = (uint64_t)(uintptr_t)&s->pidfd,
      .exit_signal = isGrandchild ? 0 : SIGCHLD, /* of a grandchild: as that of the process between */
      .cgroup = into < 0 ? 0 : (uint64_t)into,
  };
  if (isGrandchild) args.flags |= CLONE_PARENT;
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid != 0) return pid;
  ct_close(&s->sync);
  ct_child_run(c);
}

/* A user namespace that is joined must own the new namespaces, and the supervisor must stay outside: a process between
   joins it, makes the child for the supervisor, tells who that is, and ends. */
static long clone_in_user(struct ct_supervisor *s, struct ct_child *c, int into, int user) {
  struct ct_report report = {.kind = CT_REPORT_OK};
  int fds[2];
  pid_t between = fork();
  if (between == 0) {
    long pid = setns(user, CLONE_NEWUSER) != 0 || join_pid(s->plan, c) != 0 ? -1 : clone_child(s, c, into, true);
    report.error = pid < 0 ? errno : 0;
    report.value = (uint32_t)pid;
    _exit(ct_send_fds(c->sync, &report, sizeof report, &s->pidfd, pid < 0 ? 0 : 1) != 0);
  }
  if (between < 0) return -1;
  ssize_t size = ct_receive_fds(s->sync, &report, sizeof report, fds);
  int error = size < 0 ? errno : report.error;
  CT_RETRY(waitpid(between, NULL, 0));
  s->pidfd = fds[0];
  return error != 0 || fds[0] < 0 ? ct_error(error) : (long)report.value;
}

void ct_spawn(struct ct_supervisor *s) {
  struct ct_child child = {.plan = s->plan};
  int into = -1, ends[2];
  for (size_t i = 0; i < CT_COUNT(child.all); i++) child.all[i] = -1;
  if (open_files(s, &child) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  open_sources(s, &child);
  open_clocks(s, child.proc);
  int user = open_joined(s, &child);
  open_cgroups(s, &child, &into);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) ct_give_up(s, CT_STAGE_FILES, 0);
  s->sync = ends[0];
  child.sync = ends[1];
  long pid = user < 0 ? clone_child(s, &child, into, false) : clone_in_user(s, &child, into, user);
  if (pid < 0) ct_give_up(s, CT_STAGE_CLONE, 0);
  s->pid = (pid_t)pid;
  ct_close(&into);
  ct_close(&child.sync);
  (void)!ct_write_all(s->sync, "g", 1); /* if it has ended, its reports say so */
  for (size_t i = 0; i < CT_COUNT(child.all); i++) ct_close(&child.all[i]);
  await(s);
}
