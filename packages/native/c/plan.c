#define _GNU_SOURCE
#include "plan.h"

#include <stdlib.h>

/* The payload of each operation of a process, a letter for a field; PROTOCOL.md has the same in words. */
static const char *const payloads[] = {
    [CT_OP_ROOT] = "tpL",
    [CT_OP_MOUNT] = "tMpkf",
    [CT_OP_BIND] = "tMpkf",
    [CT_OP_ATTRIBUTES] = "tA",
    [CT_OP_MASK] = "t",
    [CT_OP_READONLY] = "t",
    [CT_OP_MKDIR] = "tmug",
    [CT_OP_SYMLINK] = "tx",
    [CT_OP_DEVICE] = "tk44mug",
    [CT_OP_TERMINAL] = "22",
    [CT_OP_ENTER_ROOT] = "f",
    [CT_OP_ROOT_PROPAGATION] = "pf",
    [CT_OP_SYSCTL] = "tx",
    [CT_OP_HOSTNAME] = "x",
    [CT_OP_DOMAINNAME] = "x",
    [CT_OP_LOOPBACK_UP] = "",
    [CT_OP_RLIMIT] = "488",
    [CT_OP_OOM_SCORE] = "8",
    [CT_OP_PERSONALITY] = "8",
    [CT_OP_UMASK] = "m",
    [CT_OP_USER] = "ugG",
    [CT_OP_CAPABILITIES] = "88888",
    [CT_OP_NO_NEW_PRIVILEGES] = "",
    [CT_OP_SECCOMP] = "mB",
    [CT_OP_CWD] = "tf",
    [CT_OP_HOLD] = "",
    [CT_OP_EXEC] = "NSS",
};

static void mounts_of(struct ct_reader *r, struct ct_list *mounts) {
  mounts->count = ct_u32(r);
  mounts->items = *r;
  for (uint32_t i = 0; i < mounts->count && !r->bad; i++) ct_mount_of(r);
}

static void program_of(struct ct_reader *r, struct ct_bytes *program) {
  enum { instruction = 8, most = 4096 };
  *program = ct_bytes_of(r);
  if (program->length == 0 || program->length % instruction != 0 || program->length / instruction > most) r->bad = true;
}

static void field_of(struct ct_reader *r, char field, struct ct_operation *out) {
  switch (field) {
  case 't': out->target = ct_string(r); break;
  case 'x': out->text = ct_string(r); break;
  case 'p': out->propagation = ct_u64(r); break;
  case 'f': out->flag = ct_u8(r) != 0; break;
  case 'm': out->mode = ct_u32(r); break;
  case 'u': out->uid = ct_u32(r); break;
  case 'g': out->gid = ct_u32(r); break;
  case 'k': /* enum ct_missing or ct_node, both of three kinds */
    if ((out->type = ct_u8(r)) > 2) r->bad = true;
    break;
  case '2': out->values[out->value_count++] = ct_u16(r); break;
  case '4': out->values[out->value_count++] = ct_u32(r); break;
  case '8': out->values[out->value_count++] = ct_u64(r); break;
  case 'M': out->mount = ct_mount_of(r); break;
  case 'A': out->mount.attributes = ct_attributes_of(r); break;
  case 'L': mounts_of(r, &out->mounts); break;
  case 'G': out->bytes = ct_array_of(r, sizeof(uint32_t)); break;
  case 'B': program_of(r, &out->bytes); break;
  case 'N': /* the files of exec, at least one */
    if ((out->files = ct_strings_of(r)).count == 0) r->bad = true;
    break;
  case 'S': *(out->args.items.at == NULL ? &out->args : &out->env) = ct_strings_of(r); break;
  }
}

bool ct_operation_of(struct ct_op *op, struct ct_operation *out) {
  const char *payload = op->code < sizeof payloads / sizeof *payloads ? payloads[op->code] : NULL;
  *out = (struct ct_operation){.code = op->code, .index = op->index, .target = "", .text = ""};
  if (payload == NULL) return false;
  for (; *payload != 0; payload++) field_of(&op->body, *payload, out);
  return ct_done(&op->body);
}

static void supervisor_of(struct ct_reader *r, struct ct_plan *plan) {
  const char **const paths[] = {&plan->socket_path, &plan->log_path,     &plan->exit_path, &plan->pid_path,
                                &plan->fifo_path,   &plan->console_path, &plan->oom_path,  &plan->oom_key};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) *paths[i] = ct_string(r);
  plan->stdio = ct_u8(r);
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

static void id_map_of(struct ct_reader *r, struct ct_plan *plan) {
  const char **map = ct_u8(r) == 0 ? &plan->uid_map : &plan->gid_map;
  *map = ct_string(r);
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
  case CT_OP_ID_MAP: id_map_of(r, plan); return true;
  default: return false;
  }
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
