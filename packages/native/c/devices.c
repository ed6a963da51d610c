/* The verb `devices`: gives a cgroup of version 2 a device program, in the place of the one before. TypeScript has compiled it. */
#include "wire.h"
#include <linux/bpf.h>

enum { op_attach = 1, instruction_bytes = 8 };

static int attach(int cgroup, struct ct_bytes code) {
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .license = (uintptr_t) "GPL",
                         .insns = (uintptr_t)code.at, .insn_cnt = code.length / instruction_bytes};
  union bpf_attr place = {.target_fd = (uint32_t)cgroup, .attach_type = BPF_CGROUP_DEVICE};
  CT_CLOSES int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  place.attach_bpf_fd = (uint32_t)program;
  return program < 0 ? -1 : (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &place, sizeof place);
}

int ct_verb_devices(CT_UNUSED char **argv) {
  struct ct_op op = ct_operation_read(STDIN_FILENO);
  const char *path = ct_string(&op.body);
  struct ct_bytes code = ct_bytes_of(&op.body);
  errno = EBADMSG;
  if (op.code != op_attach || !ct_done(&op.body)) ct_fail(CT_STAGE_PLAN, 0, "");
  CT_CLOSES int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0 || attach(cgroup, code) != 0) ct_fail(CT_STAGE_CGROUP, 0, "");
  return ct_succeed(1, 0);
}
