#include "plan.h"

static const struct {
  const char *payload;
  int (*run)(struct ct_child *c, const struct ct_operation *op);
} operations[] = {
#define OPERATION(name, code, payload, run) [code] = {payload, run},
    CT_OPERATIONS(OPERATION)
};

static struct ct_list mounts_of(struct ct_reader *r) {
  struct ct_list mounts = {.count = ct_u32(r)};
  mounts.items = *r;
  for (uint32_t i = 0; i < mounts.count && !r->bad; i++) ct_mount_of(r);
  return mounts;
}

static struct ct_bytes program_of(struct ct_reader *r) {
  enum { instruction = 8, most = 4096 };
  struct ct_bytes program = ct_bytes_of(r);
  if (program.length == 0 || program.length % instruction != 0 || program.length / instruction > most) r->bad = true;
  return program;
}

/* Each a number, or bytes of which the call gets the address. */
static void arguments_of(struct ct_reader *r, struct ct_operation *out) {
  for (uint8_t count = ct_u8(r); count > 0 && !r->bad; count--) {
    if (out->value_count == CT_COUNT(out->values)) r->bad = true;
    else out->values[out->value_count++] = ct_u8(r) == 0 ? ct_u64(r) : (uint64_t)(uintptr_t)ct_bytes_of(r).at;
  }
}

static void field_of(struct ct_reader *r, char field, struct ct_operation *out) {
  switch (field) {
  case 't': out->target = ct_string(r); break;
  case 'x': out->text = ct_string(r); break;
  case 'c': out->type = ct_u8(r); break;
  case 'V': arguments_of(r, out); break;
  case 'f': out->flag = ct_u8(r) != 0; break;
  case 'm': out->mode = ct_u32(r); break;
  case 'u': out->uid = ct_u32(r); break;
  case 'g': out->gid = ct_u32(r); break;
  case 'k': /* enum ct_missing, or a type of node: both are of three kinds */
    if ((out->type = ct_u8(r)) > 2) r->bad = true;
    break;
  case '2': out->values[out->value_count++] = ct_u16(r); break;
  case '4': out->values[out->value_count++] = ct_u32(r); break;
  case '8': out->values[out->value_count++] = ct_u64(r); break;
  case 'M': out->mount = ct_mount_of(r); break;
  case 'A': out->attributes = ct_attributes_of(r); break;
  case 'L': out->mounts = mounts_of(r); break;
  case 'B': out->bytes = program_of(r); break;
  case 'N': /* the files of exec, at least one */
    if ((out->files = ct_strings_of(r)).count == 0) r->bad = true;
    break;
  case 'S': *(out->args.items.at == NULL ? &out->args : &out->env) = ct_strings_of(r); break;
  }
}

bool ct_operation_of(struct ct_op *op, struct ct_operation *out) {
  *out = (struct ct_operation){.index = op->index, .target = "", .text = ""};
  if (op->code >= CT_COUNT(operations) || operations[op->code].payload == NULL) return false;
  out->run = operations[op->code].run;
  for (const char *field = operations[op->code].payload; *field != 0; field++) field_of(&op->body, *field, out);
  return ct_done(&op->body);
}

static void supervisor_of(struct ct_reader *r, struct ct_plan *plan) {
  const char **const paths[] = {&plan->socket_path, &plan->log_path,      &plan->exit_path, &plan->fifo_path, &plan->console_path,
                                &plan->pidfd_path,  &plan->listener_path, &plan->oom_path,  &plan->oom_key};
  for (size_t i = 0; i < CT_COUNT(paths); i++) *paths[i] = ct_string(r);
  plan->stdio = ct_u8(r);
  plan->stdin_once = ct_u8(r) != 0;
  plan->preserved = ct_u32(r);
  if (plan->stdio > CT_STDIO_INHERIT || plan->preserved > CT_MAX_PRESERVED) r->bad = true;
}

static void namespace_of(struct ct_reader *r, struct ct_plan *plan) {
  struct ct_joined joined = {.flag = ct_u32(r)};
  joined.path = ct_string(r);
  if (*joined.path == 0) plan->new_namespaces |= joined.flag;
  else if (plan->joined_count == CT_MAX_NAMESPACES) r->bad = true;
  else plan->joined[plan->joined_count++] = joined;
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

static void time_offsets_of(struct ct_reader *r, struct ct_plan *plan) { plan->time_offsets = ct_string(r); }

static void source_of(struct ct_reader *r, struct ct_plan *plan) {
  struct ct_source source = {.mount = ct_mount_of(r)};
  source.user = ct_string(r);
  if (plan->source_count == CT_MAX_SOURCES) r->bad = true;
  else plan->sources[plan->source_count++] = source;
}

static void (*const headers[])(struct ct_reader *r, struct ct_plan *plan) = {
    [CT_OP_SUPERVISOR] = supervisor_of, [CT_OP_NAMESPACE] = namespace_of,       [CT_OP_CGROUP] = cgroup_of,
    [CT_OP_JOIN] = join_of,             [CT_OP_TIME_OFFSETS] = time_offsets_of, [CT_OP_SOURCE] = source_of,
};

static char **pointers_of(struct ct_list list) {
  char **all = calloc((size_t)list.count + 1, sizeof *all);
  for (uint32_t i = 0; all != NULL && i < list.count; i++) all[i] = (char *)(uintptr_t)ct_string(&list.items);
  return all;
}

/* Every operation is valid, one enters, and the last one does not come back: an exec, or a hold for its namespaces' sake. */
static bool check_operations(struct ct_plan *plan, uint32_t *index) {
  struct ct_reader r = plan->operations;
  struct ct_op op = {.index = plan->before};
  struct ct_operation operation = {0};
  int entered = 0;
  while (ct_next_op(&r, &op)) {
    *index = op.index;
    if (operation.run == ct_op_exec || !ct_operation_of(&op, &operation)) return false;
    plan->has_terminal |= operation.run == ct_op_terminal;
    entered += operation.run == ct_op_enter;
  }
  bool ends = operation.run == ct_op_exec || operation.run == ct_op_hold;
  if (r.bad || !ends || entered != 1) return false;
  plan->args = pointers_of(operation.args);
  plan->env = pointers_of(operation.env);
  return plan->args != NULL && plan->env != NULL;
}

bool ct_plan_of(struct ct_reader message, struct ct_plan *plan, uint32_t *index) {
  *plan = (struct ct_plan){.time_offsets = "", .before = CT_BEFORE};
  struct ct_op op = {.index = CT_BEFORE};
  *index = 0;
  for (struct ct_reader r = message; ct_next_op(&r, &op); message = r) {
    if (op.code >= CT_COUNT(headers) || headers[op.code] == NULL) break;
    headers[op.code](&op.body, plan);
    plan->before = *index = op.index;
    if (!ct_done(&op.body)) return false;
  }
  plan->operations = message;
  return plan->socket_path != NULL && check_operations(plan, index);
}
