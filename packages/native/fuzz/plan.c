/* Decoding of plans: whatever the bytes, nothing outside of them is read, and what is accepted decodes again the same way. */
#include "../c/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ct_reader operations;
  struct ct_operation operation;
  struct ct_plan plan;
  struct ct_op op = {.index = 0};
  uint32_t index = 0;
  if (ct_plan_of(ct_reader_of(data, size), &plan, &index)) {
    for (operations = plan.operations; ct_next_op(&operations, &op);) {
      if (!ct_operation_of(&op, &operation)) abort();
    }
    if (operations.bad || (operation.run != ct_op_exec && operation.run != ct_op_hold)) abort();
  }
  free(plan.args);
  free(plan.env);
  return 0;
}
