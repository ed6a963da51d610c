/* Plans of `run` and `exec` (src/plan.ts, PROTOCOL.md), decoded and checked before anything is done. */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include <sys/types.h>

#include "mount.h"
#include "wire.h"

enum ct_opcode {
  CT_OP_SUPERVISOR = 1,
  CT_OP_NAMESPACE = 2,
  CT_OP_ID_MAP = 3,
  CT_OP_CGROUP = 4,
  CT_OP_JOIN = 5,
  CT_OP_ROOT = 16,
  CT_OP_MOUNT = 17,
  CT_OP_BIND = 18,
  CT_OP_ATTRIBUTES = 19,
  CT_OP_MASK = 20,
  CT_OP_READONLY = 21,
  CT_OP_MKDIR = 22,
  CT_OP_SYMLINK = 23,
  CT_OP_DEVICE = 24,
  CT_OP_TERMINAL = 25,
  CT_OP_ENTER_ROOT = 26,
  CT_OP_ROOT_PROPAGATION = 27,
  CT_OP_SYSCTL = 28,
  CT_OP_HOSTNAME = 29,
  CT_OP_DOMAINNAME = 30,
  CT_OP_LOOPBACK_UP = 31,
  CT_OP_RLIMIT = 32,
  CT_OP_OOM_SCORE = 33,
  CT_OP_PERSONALITY = 34,
  CT_OP_UMASK = 35,
  CT_OP_USER = 36,
  CT_OP_CAPABILITIES = 37,
  CT_OP_NO_NEW_PRIVILEGES = 38,
  CT_OP_SECCOMP = 39,
  CT_OP_CWD = 40,
  CT_OP_HOLD = 41,
  CT_OP_EXEC = 42,
};

enum ct_stdio { CT_STDIO_PIPES = 0, CT_STDIO_CLOSED_STDIN = 1, CT_STDIO_INHERIT = 2 };
enum ct_missing { CT_MISSING_FAIL = 0, CT_MISSING_DIRECTORY = 1, CT_MISSING_FILE = 2 };
enum ct_node { CT_NODE_CHAR = 0, CT_NODE_BLOCK = 1, CT_NODE_FIFO = 2 };
enum { CT_MAX_NAMESPACES = 8, CT_MAX_CGROUPS = 16 };

/* One operation of the process. Which fields mean something depends on the code: `payloads` in plan.c. */
struct ct_operation {
  uint16_t code;
  uint32_t index;
  const char *target, *text;
  struct ct_mount mount;
  struct ct_list mounts; /* of `root`; ct_mount_of reads each */
  uint64_t propagation;
  uint64_t values[5]; /* of terminal: rows, columns; device: major, minor; rlimit: resource, soft, hard; capabilities: bounding, effective,
                         permitted, inheritable, ambient */
  uint8_t value_count;
  uint32_t mode, uid, gid;
  uint8_t type;
  bool flag;
  struct ct_bytes bytes;
  struct ct_list files, args, env;
};

/* Absent paths are empty. */
struct ct_plan {
  const char *socket_path, *log_path, *exit_path, *pid_path, *fifo_path, *console_path, *oom_path, *oom_key;
  uint8_t stdio;
  bool stdin_once;
  struct {
    uint32_t flag; /* CLONE_NEW* */
    const char *path;
  } joined[CT_MAX_NAMESPACES];
  uint32_t joined_count;
  uint32_t new_namespaces; /* CLONE_NEW* */
  const char *uid_map, *gid_map;
  const char *cgroups[CT_MAX_CGROUPS];
  uint32_t cgroup_count;
  pid_t pid; /* of exec: whose namespaces are joined; 0 for run */
  uint64_t pid_start;
  uint32_t pid_namespaces;
  struct ct_reader operations; /* those of the process, all valid */
  uint32_t first_index;
  bool has_terminal;
  char **args, **env; /* of the last operation, NULL-terminated */
};

/* Decodes a message from behind its header. False when something is wrong with it; `index` is then the operation's. */
bool ct_plan_of(struct ct_reader message, struct ct_plan *plan, uint32_t *index);
/* Decodes one operation of a plan; false when it is malformed. */
bool ct_operation_of(struct ct_op *op, struct ct_operation *out);

#endif
