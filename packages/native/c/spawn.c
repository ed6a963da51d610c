#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decimal.h"
#include "io.h"

static bool failed(struct ct_report *failure, uint8_t stage, uint32_t index, int error) {
  *failure = (struct ct_report){.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = error};
  return false;
}

/* A pipe whose end of ours does not block. */
static int open_pipe(int *ours, int *theirs, bool reads) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  *ours = ends[reads ? 0 : 1];
  *theirs = ends[reads ? 1 : 0];
  return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

static int open_stdio(const struct ct_plan *plan, struct ct_process *p, struct ct_child *c) {
  if (plan->stdio == CT_STDIO_INHERIT || plan->has_terminal) return 0;
  if (open_pipe(&p->in, &c->stdio[0], false) != 0) return -1;
  if (plan->stdio == CT_STDIO_CLOSED_STDIN) {
    close(p->in);
    p->in = -1;
  }
  return open_pipe(&p->out, &c->stdio[1], true) != 0 || open_pipe(&p->err, &c->stdio[2], true) != 0 ? -1 : 0;
}

static int open_proc(void) {
  struct statfs info;
  int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstatfs(fd, &info) != 0) return -1;
  if (info.f_type == PROC_SUPER_MAGIC) return fd;
  errno = ENOENT;
  return -1;
}

/* cgroup2 takes the process at its birth, by the directory: no migration. A v1 file is written by the process itself. */
static int open_cgroup(const char *path, int *into) {
  struct statfs info;
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || fstatfs(fd, &info) != 0) return -1;
  if (info.f_type != CGROUP2_SUPER_MAGIC || *into >= 0) return fd;
  char directory[4096];
  size_t size = (size_t)(strrchr(path, '/') - path);
  if (size >= sizeof directory) return fd;
  memcpy(directory, path, size);
  directory[size] = 0;
  close(fd);
  *into = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return *into < 0 ? -1 : -2;
}

static bool open_cgroups(const struct ct_plan *plan, struct ct_child *c, int *into, struct ct_report *failure) {
  for (uint32_t i = 0; i < plan->cgroup_count; i++) {
    c->cgroups[i] = open_cgroup(plan->cgroups[i], into);
    if (c->cgroups[i] == -1) return failed(failure, CT_STAGE_CGROUP, i, errno);
  }
  return true;
}

/* Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything, so fields count from the last `)`. */
static uint64_t start_time(int proc, pid_t pid) {
  char path[32], text[1024];
  char *end = ct_decimal(path, (uint64_t)pid);
  memcpy(end, "/stat", 6);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : CT_RETRY(read(fd, text, sizeof text - 1));
  if (fd >= 0) close(fd);
  text[size < 0 ? 0 : size] = 0;
  const char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static int open_target(const struct ct_plan *plan, struct ct_child *c) {
  char path[32];
  c->target = pidfd_open(plan->pid, 0);
  if (c->target < 0) return -1;
  memcpy(ct_decimal(path, (uint64_t)plan->pid), "/root", 6);
  c->target_root = openat(c->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (c->target_root < 0) return -1;
  if (plan->pid_start != 0 && start_time(c->proc, plan->pid) != plan->pid_start) {
    errno = ESRCH;
    return -1;
  }
  if (pidfd_send_signal(c->target, 0, NULL, 0) != 0) return -1; /* what was read above was still this process */
  return plan->pid_namespaces & CLONE_NEWPID ? setns(c->target, CLONE_NEWPID) : 0;
}

static bool open_joined(const struct ct_plan *plan, struct ct_child *c, struct ct_report *failure) {
  for (uint32_t i = 0; i < plan->joined_count; i++) {
    c->joined[i] = open(plan->joined[i].path, O_RDONLY | O_CLOEXEC);
    if (c->joined[i] < 0) return failed(failure, CT_STAGE_JOIN, i, errno);
    if (plan->joined[i].flag == CLONE_NEWPID && setns(c->joined[i], CLONE_NEWPID) != 0) return failed(failure, CT_STAGE_JOIN, i, errno);
  }
  return plan->pid == 0 || open_target(plan, c) == 0 || failed(failure, CT_STAGE_JOIN, 0, errno);
}

static bool write_maps(const struct ct_plan *plan, struct ct_child *c, pid_t pid, struct ct_report *failure) {
  const struct { const char *name, *text; } maps[] = {{"/gid_map", plan->gid_map}, {"/uid_map", plan->uid_map}};
  if (!(plan->new_namespaces & CLONE_NEWUSER)) return true;
  for (uint32_t i = 0; i < 2; i++) {
    char path[48];
    if (*maps[i].text == 0) continue;
    char *end = ct_decimal(path, (uint64_t)pid);
    if (i == 0 && geteuid() != 0) {
      memcpy(end, "/setgroups", 11);
      (void)ct_write_file(c->proc, path, "deny", 4); /* what the kernel asks of a user before the group map */
    }
    strcpy(end, maps[i].name);
    int error = ct_write_file(c->proc, path, maps[i].text, strlen(maps[i].text));
    if (error != 0) return failed(failure, CT_STAGE_ID_MAP, i, error);
  }
  return true;
}

static void close_child(struct ct_child *c) {
  const int fds[] = {c->sync, c->proc, c->stdio[0], c->stdio[1], c->stdio[2], c->fifo, c->target, c->target_root};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    if (fds[i] >= 0) close(fds[i]);
  }
  for (uint32_t i = 0; i < c->plan->cgroup_count; i++) {
    if (c->cgroups[i] >= 0) close(c->cgroups[i]);
  }
  for (uint32_t i = 0; i < c->plan->joined_count; i++) close(c->joined[i]);
}

void ct_spawn_kill(struct ct_process *process) {
  siginfo_t info;
  pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
  CT_RETRY(waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED));
}

static bool give_up(struct ct_process *p) {
  ct_spawn_kill(p);
  return false;
}

static bool lost(struct ct_process *p, struct ct_report *failure) {
  failed(failure, CT_STAGE_LOST, 0, ECHILD);
  return give_up(p);
}

/* Reads the reports of the process until it is held or executes. */
static bool await(struct ct_process *p, struct ct_report *failure) {
  bool executing = false;
  for (;;) {
    struct ct_report report;
    size_t size;
    int fds[2];
    if (ct_receive_fds(p->sync, &report, sizeof report, &size, fds) != 0) return lost(p, failure);
    if (size == 0) {
      close(p->sync);
      p->sync = -1;
      return executing || lost(p, failure);
    }
    if (report.kind == CT_REPORT_FAILED) return *failure = report, give_up(p);
    if (report.kind == CT_REPORT_EXECUTING) executing = true;
    if (report.kind == CT_REPORT_HELD) return p->held = true;
    if (report.kind == CT_REPORT_TERMINAL) {
      p->is_terminal = true;
      p->out = fds[0];
      p->slave = fds[1];
    }
  }
}

static long clone_child(const struct ct_plan *plan, struct ct_process *p, int into, bool isGrandchild) {
  struct clone_args args = {
      .flags = CLONE_PIDFD | (plan->new_namespaces & ~(uint32_t)CLONE_NEWCGROUP) | (into < 0 ? 0 : CLONE_INTO_CGROUP),
      .pidfd = (uint64_t)(uintptr_t)&p->pidfd,
      .exit_signal = SIGCHLD,
      .cgroup = into < 0 ? 0 : (uint64_t)into,
  };
  if (isGrandchild) {
    args.flags |= CLONE_PARENT;
    args.exit_signal = 0; /* as that of the process between */
  }
  return syscall(SYS_clone3, &args, sizeof args);
}

static int joined_user(const struct ct_plan *plan, const struct ct_child *c) {
  for (uint32_t i = 0; i < plan->joined_count; i++) {
    if (plan->joined[i].flag == CLONE_NEWUSER) return c->joined[i];
  }
  return -1;
}

/* A user namespace that is joined must own the new namespaces, and the supervisor must stay outside: a process between
   joins it, makes the child for the supervisor, tells who that is, and ends. */
static long clone_in_user(const struct ct_plan *plan, struct ct_process *p, struct ct_child *c, int into) {
  struct ct_report report = {.kind = CT_REPORT_OK};
  size_t size = 0;
  int fds[2];
  pid_t between = fork();
  if (between == 0) {
    long pid = setns(joined_user(plan, c), CLONE_NEWUSER) != 0 ? -1 : clone_child(plan, p, into, true);
    if (pid == 0) ct_child_run(c);
    report.error = pid < 0 ? errno : 0;
    report.value = (uint32_t)pid;
    _exit(ct_send_fds(c->sync, &report, sizeof report, &p->pidfd, pid < 0 ? 0 : 1));
  }
  if (between < 0) return -1;
  int error = ct_receive_fds(p->sync, &report, sizeof report, &size, fds);
  CT_RETRY(waitpid(between, NULL, 0));
  p->pidfd = fds[0];
  errno = error != 0 ? error : report.error;
  return errno != 0 || fds[0] < 0 ? -1 : (long)report.value;
}

static bool clone_process(const struct ct_plan *plan, struct ct_process *p, struct ct_child *c, struct ct_report *failure) {
  int into = -1, ends[2];
  if (!open_joined(plan, c, failure) || !open_cgroups(plan, c, &into, failure)) return false;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed(failure, CT_STAGE_FILES, 0, errno);
  p->sync = ends[0];
  c->sync = ends[1];
  long pid = joined_user(plan, c) < 0 ? clone_child(plan, p, into, false) : clone_in_user(plan, p, c, into);
  if (pid == 0) ct_child_run(c);
  int error = errno;
  if (into >= 0) close(into);
  if (pid < 0) return failed(failure, CT_STAGE_CLONE, 0, error);
  p->pid = (pid_t)pid;
  close(c->sync);
  c->sync = -1;
  if (!write_maps(plan, c, p->pid, failure)) return give_up(p);
  return ct_write_all(p->sync, "g", 1) == 0 || lost(p, failure);
}

bool ct_spawn(const struct ct_plan *plan, struct ct_process *process, struct ct_report *failure) {
  struct ct_child child = {.plan = plan,
                           .sync = -1,
                           .proc = -1,
                           .oom_score = -1,
                           .root = -1,
                           .stdio = {-1, -1, -1},
                           .fifo = -1,
                           .target = -1,
                           .target_root = -1,
                           .empty = -1};
  for (int i = 0; i < CT_MAX_CGROUPS; i++) child.cgroups[i] = -1;
  *process = (struct ct_process){.pidfd = -1, .sync = -1, .in = -1, .out = -1, .err = -1, .slave = -1};
  if ((child.proc = open_proc()) < 0) return failed(failure, CT_STAGE_FILES, 0, errno);
  if (open_stdio(plan, process, &child) != 0) return failed(failure, CT_STAGE_FILES, 0, errno);
  if (*plan->fifo_path != 0 && (child.fifo = open(plan->fifo_path, O_PATH | O_CLOEXEC)) < 0)
    return failed(failure, CT_STAGE_FILES, 0, errno);
  if (!clone_process(plan, process, &child, failure)) return false;
  close_child(&child);
  return await(process, failure);
}
