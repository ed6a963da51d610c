#define _GNU_SOURCE
#include "plan.h"

#include <stdlib.h>

static void supervisor_of(struct ct_reader *r, struct ct_plan *plan) {
  plan->socket_path = ct_string(r);
  plan->log_path = ct_string(r);
  plan->exit_path = ct_string(r);
  plan->pid_path = ct_string(r);
  plan->stdio = ct_u8(r);
  plan->fifo_path = ct_string(r);
  plan->console_path = ct_string(r);
  plan->oom_path = ct_string(r);
  plan->oom_key = ct_string(r);
  plan->stdin_once = ct_u8(r) != 0;
  if (plan->stdio > CT_STDIO_INHERIT) r->bad = true;
}

static void namespace_of(struct ct_reader *r, struct ct_plan *plan) {
  uint32_t flag = ct_u32(r);
  const char *path = ct_string(r);
  if (*path == 0) {
    plan->new_namespaces |= flag;
  } else if (plan->joined_count < CT_MAX_NAMESPACES) {
    plan->joined[plan->joined_count].flag = flag;
    plan->joined[plan->joined_count++].path = path;
  } else {
    r->bad = true;
  }
}

static void cgroup_of(struct ct_reader *r, struct ct_plan *plan) {
  const char *path = ct_string(r);
  if (plan->cgroup_count == CT_MAX_CGROUPS || *path != '/') r->bad = true;
  else plan->cgroups[plan->cgroup_count++] = path;
}

static void join_of(struct ct_reader *r, struct ct_plan *plan) {
  plan->pid = (pid_t)ct_u32(r);
  plan->pid_start = ct_u64(r);
  plan->pid_namespaces = ct_u32(r);
  if (plan->pid <= 0) r->bad = true;
}

/* What stands before the operations of the process; false when `op` is none of that. */
static bool header_of(struct ct_op *op, struct ct_plan *plan) {
  struct ct_reader *r = &op->body;
  switch (op->code) {
  case CT_OP_SUPERVISOR: supervisor_of(r, plan); return true;
  case CT_OP_NAMESPACE: namespace_of(r, plan); return true;
  case CT_OP_CGROUP: cgroup_of(r, plan); return true;
  case CT_OP_JOIN: join_of(r, plan); return true;
  case CT_OP_ID_MAP: {
    uint8_t isGid = ct_u8(r);
    *(isGid ? &plan->gid_map : &plan->uid_map) = ct_string(r);
    return true;
  }
  default: return false;
  }
}

static void mount_of(struct ct_reader *r, struct ct_operation *out) {
  out->target = ct_string(r);
  out->mount = ct_mount_of(r);
  out->propagation = ct_u64(r);
  out->type = ct_u8(r);
  out->flag = ct_u8(r) != 0;
  if (out->type > CT_MISSING_FILE) r->bad = true;
}

static void root_of(struct ct_reader *r, struct ct_operation *out) {
  out->target = ct_string(r);
  out->propagation = ct_u64(r);
  out->mounts = (struct ct_list){.count = ct_u32(r), .items = *r};
  for (uint32_t i = 0; i < out->mounts.count && !r->bad; i++) ct_mount_of(r);
}

static void node_of(struct ct_reader *r, struct ct_operation *out) {
  out->target = ct_string(r);
  if (out->code == CT_OP_DEVICE) {
    out->type = ct_u8(r);
    out->values[0] = ct_u32(r);
    out->values[1] = ct_u32(r);
    if (out->type > CT_NODE_FIFO) r->bad = true;
  }
  out->mode = ct_u32(r);
  out->uid = ct_u32(r);
  out->gid = ct_u32(r);
}

static void process_of(struct ct_reader *r, struct ct_operation *out) {
  switch (out->code) {
  case CT_OP_TERMINAL:
    out->values[0] = ct_u16(r);
    out->values[1] = ct_u16(r);
    break;
  case CT_OP_RLIMIT: /* resource, soft, hard */
    out->values[0] = ct_u32(r);
    out->values[1] = ct_u64(r);
    out->values[2] = ct_u64(r);
    break;
  case CT_OP_OOM_SCORE: out->values[0] = (uint64_t)ct_i64(r); break;
  case CT_OP_PERSONALITY: out->values[0] = ct_u64(r); break;
  case CT_OP_UMASK: out->mode = ct_u32(r); break;
  case CT_OP_USER:
    out->uid = ct_u32(r);
    out->gid = ct_u32(r);
    out->bytes = ct_array_of(r, sizeof(uint32_t));
    break;
  case CT_OP_CAPABILITIES: /* bounding, effective, permitted, inheritable, ambient */
    for (int i = 0; i < 5; i++) out->values[i] = ct_u64(r);
    break;
  case CT_OP_SECCOMP:
    out->mode = ct_u32(r); /* flags */
    out->bytes = ct_bytes_of(r);
    if (out->bytes.length == 0 || out->bytes.length % 8 != 0 || out->bytes.length / 8 > 4096) r->bad = true;
    break;
  case CT_OP_EXEC:
    out->files = ct_strings_of(r);
    out->args = ct_strings_of(r);
    out->env = ct_strings_of(r);
    if (out->files.count == 0) r->bad = true;
    break;
  case CT_OP_LOOPBACK_UP:
  case CT_OP_NO_NEW_PRIVILEGES:
  case CT_OP_HOLD: break;
  default: r->bad = true;
  }
}

bool ct_operation_of(struct ct_op *op, struct ct_operation *out) {
  struct ct_reader *r = &op->body;
  *out = (struct ct_operation){.code = op->code, .index = op->index, .target = "", .text = ""};
  switch (op->code) {
  case CT_OP_ROOT: root_of(r, out); break;
  case CT_OP_MOUNT:
  case CT_OP_BIND: mount_of(r, out); break;
  case CT_OP_ATTRIBUTES:
    out->target = ct_string(r);
    out->mount.attributes = ct_attributes_of(r);
    break;
  case CT_OP_MASK:
  case CT_OP_READONLY: out->target = ct_string(r); break;
  case CT_OP_MKDIR:
  case CT_OP_DEVICE: node_of(r, out); break;
  case CT_OP_SYMLINK:
  case CT_OP_SYSCTL: /* the path, then the value */
    out->target = ct_string(r);
    out->text = ct_string(r);
    break;
  case CT_OP_HOSTNAME:
  case CT_OP_DOMAINNAME: out->text = ct_string(r); break;
  case CT_OP_CWD:
    out->target = ct_string(r);
    out->flag = ct_u8(r) != 0;
    break;
  case CT_OP_ENTER_ROOT: out->flag = ct_u8(r) != 0; break;
  case CT_OP_ROOT_PROPAGATION:
    out->propagation = ct_u64(r);
    out->flag = ct_u8(r) != 0;
    break;
  default: process_of(r, out);
  }
  return ct_done(r);
}

static char **pointers_of(struct ct_list list) {
  char **all = calloc((size_t)list.count + 1, sizeof *all);
  for (uint32_t i = 0; all != NULL && i < list.count; i++) all[i] = (char *)(uintptr_t)ct_string(&list.items);
  return all;
}

/* Every operation is valid, and an exec is the last one. */
static bool check_operations(struct ct_plan *plan, uint32_t *index) {
  struct ct_reader r = plan->operations;
  struct ct_op op;
  struct ct_operation operation = {0};
  uint32_t next = *index = plan->first_index;
  while (ct_next_op(&r, &next, &op)) {
    *index = op.index;
    if (operation.code == CT_OP_EXEC || !ct_operation_of(&op, &operation)) return false;
    plan->has_hold |= operation.code == CT_OP_HOLD;
    plan->has_terminal |= operation.code == CT_OP_TERMINAL;
  }
  if (r.bad || operation.code != CT_OP_EXEC) return false;
  plan->args = pointers_of(operation.args);
  plan->env = pointers_of(operation.env);
  return plan->args != NULL && plan->env != NULL;
}

bool ct_plan_of(struct ct_reader message, struct ct_plan *plan, uint32_t *index) {
  *plan = (struct ct_plan){.uid_map = "", .gid_map = ""};
  uint32_t next = *index = 0;
  struct ct_op op;
  for (struct ct_reader r = message; ct_next_op(&r, &next, &op); message = r) {
    *index = op.index;
    if (!header_of(&op, plan)) break;
    if (!ct_done(&op.body)) return false;
  }
  if (plan->socket_path == NULL) return false;
  plan->operations = message;
  plan->first_index = *index;
  return check_operations(plan, index);
}
