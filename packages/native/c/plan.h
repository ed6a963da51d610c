/* Plans of `run` and `exec` (src/plan.ts, PROTOCOL.md): decoded and checked before anything is done, then executed by the new process. */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include "mount.h"

/* What the supervisor does, before the process. */
enum { CT_OP_SUPERVISOR = 1, CT_OP_NAMESPACE = 2, CT_OP_CGROUP = 3, CT_OP_JOIN = 4, CT_OP_TIME_OFFSETS = 5, CT_OP_SOURCE = 6 };

/* What the process does: name, code, payload (a letter for a field, see field_of), the function that does it. */
#define CT_OPERATIONS(X)                                                                                                                   \
  X(ROOT, 16, "tAL", ct_op_root)                                                                                                           \
  X(MOUNT, 17, "tMAkf", ct_op_mount)                                                                                                       \
  X(PREPARED, 18, "4tAk", ct_op_prepared)                                                                                                  \
  X(ATTRIBUTES, 19, "tA", ct_op_attributes)                                                                                                \
  X(MASK, 20, "t", ct_op_mask)                                                                                                             \
  X(READONLY, 21, "t", ct_op_readonly)                                                                                                     \
  X(SYMLINK, 22, "tx", ct_op_symlink)                                                                                                      \
  X(DEVICE, 23, "tk44mug", ct_op_device)                                                                                                   \
  X(TERMINAL, 24, "22", ct_op_terminal)                                                                                                    \
  X(ENTER_ROOT, 25, "f", ct_op_enter_root)                                                                                                 \
  X(LOOPBACK_UP, 26, "", ct_op_loopback_up)                                                                                                \
  X(WRITE, 27, "tx", ct_op_write)                                                                                                          \
  X(CALL, 28, "cmV", ct_op_call)                                                                                                           \
  X(OWN_STDIO, 29, "u", ct_op_own_stdio)                                                                                                   \
  X(SECCOMP, 30, "mB", ct_op_seccomp)                                                                                                      \
  X(CWD, 31, "tf", ct_op_cwd)                                                                                                              \
  X(ENTER, 32, "", ct_op_enter)                                                                                                            \
  X(PAUSE, 33, "", ct_op_pause)                                                                                                            \
  X(PROBE, 34, "N", ct_op_probe)                                                                                                           \
  X(HOLD, 35, "", ct_op_hold)                                                                                                              \
  X(EXEC, 36, "NSS", ct_op_exec)

/* Calls that `call` makes: what they are given says it all. */
#define CT_CALLS(X)                                                                                                                        \
  X(sethostname) X(setdomainname) X(personality) X(umask) X(prctl) X(prlimit64) X(capset) X(setgroups) X(setresgid) X(setresuid)           \
  X(sched_setattr) X(sched_setaffinity) X(ioprio_set) X(set_mempolicy) X(rt_sigaction)
#define CT_NUMBER_OF(name) SYS_##name,

enum ct_stdio { CT_STDIO_PIPES = 0, CT_STDIO_CLOSED_STDIN = 1, CT_STDIO_INHERIT = 2 };
enum ct_missing { CT_MISSING_FAIL = 0, CT_MISSING_DIRECTORY = 1, CT_MISSING_FILE = 2 };
enum { CT_MAX_NAMESPACES = 8, CT_MAX_CGROUPS = 16, CT_MAX_SOURCES = 16, CT_MAX_PRESERVED = 64, CT_FIRST_PRESERVED = CT_STATUS_FD + 1 };

struct ct_child;

/* One operation of the process. Which fields mean something depends on its payload. */
struct ct_operation {
  int (*run)(struct ct_child *c, const struct ct_operation *op);
  uint32_t index;
  const char *target, *text;
  struct ct_mount mount;
  struct ct_list mounts; /* of `root`; ct_mount_of reads each */
  struct ct_attributes attributes; /* of what is mounted there already */
  uint64_t values[5]; /* the numbers of the payload, in their order; of a call its arguments */
  uint8_t value_count;
  uint32_t mode, uid, gid;
  uint8_t type;
  bool flag;
  struct ct_bytes bytes;
  struct ct_list files, args, env;
};

/* Absent paths are empty. */
struct ct_plan {
  const char *socket_path, *log_path, *exit_path, *fifo_path, *console_path, *pidfd_path, *listener_path, *oom_path, *oom_key;
  uint8_t stdio;
  uint32_t preserved; /* descriptors of the launcher's for the process, from CT_FIRST_PRESERVED */
  bool stdin_once;
  struct ct_joined {
    uint32_t flag; /* CLONE_NEW* */
    const char *path;
  } joined[CT_MAX_NAMESPACES];
  uint32_t joined_count;
  uint32_t new_namespaces; /* CLONE_NEW* */
  const char *time_offsets; /* of a new time namespace, for /proc/<pid>/timens_offsets */
  const char *cgroups[CT_MAX_CGROUPS];
  uint32_t cgroup_count;
  struct ct_source {
    struct ct_mount mount;
    const char *user; /* path of the user namespace that maps them */
  } sources[CT_MAX_SOURCES]; /* mounts with mapped ids, made before the process may have lost the right to */
  uint32_t source_count;
  pid_t pid; /* of exec: whose namespaces are joined; 0 for run */
  uint64_t pid_start;
  uint32_t pid_namespaces;
  struct ct_reader operations; /* those of the process, all valid */
  uint32_t before; /* index of what is before them */
  bool has_terminal;
  char **args, **env; /* of the last operation, NULL-terminated */
};

/* Decodes a message from behind its header. False when something is wrong with it; `index` is then the operation's. */
bool ct_plan_of(struct ct_reader message, struct ct_plan *plan, uint32_t *index);
/* Decodes one operation of a plan; false when it is malformed. */
bool ct_operation_of(struct ct_op *op, struct ct_operation *out);

/* The new process between clone and exec. What it has no descriptor of is -1. */
struct ct_child {
  const struct ct_plan *plan;
  union {
    int all[10 + CT_MAX_SOURCES + CT_MAX_CGROUPS + CT_MAX_NAMESPACES];
    struct {
      int sync; /* to the supervisor: SOCK_SEQPACKET */
      int proc; /* the host's /proc, checked; its `self` and `sys` are those of whoever looks */
      int root; /* where targets are resolved */
      int fifo; /* O_PATH, where a detached process is held */
      int sources[CT_MAX_SOURCES]; /* detached mounts; they and those above are kept on the way in */
      int stdio[3]; /* what becomes 0, 1 and 2 */
      int target, target_root; /* pidfd of the process whose namespaces are joined, and its root */
      int empty; /* a mask for directories once it is mounted */
      int cgroups[CT_MAX_CGROUPS]; /* files the process writes itself into */
      int joined[CT_MAX_NAMESPACES];
    };
  };
};

/* Executes the plan's operations; comes back never. */
_Noreturn void ct_child_run(struct ct_child *child);

#define CT_OPERATION(name, code, payload, run) int run(struct ct_child *c, const struct ct_operation *op);
CT_OPERATIONS(CT_OPERATION)

/* A stdin that was closed becomes the root's own /dev/null, so that the host's cannot be reached through it. */
void ct_close_stdin(struct ct_child *c);
/* Copies what is in the directory `from` into the empty directory `to`, owners, modes and links included. */
int ct_copy_up(int from, int to);
/* Whether fd is the character device major:minor; else errno is EINVAL. */
bool ct_is_device(int fd, unsigned major, unsigned minor);

#endif
