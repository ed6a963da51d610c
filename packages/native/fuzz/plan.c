/* Decoding of plans: whatever the bytes, nothing outside of them is read, and what is accepted decodes again the same way. */
#include <stdlib.h>

#include "../c/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ct_reader message = ct_reader_of(data, size), operations;
  struct ct_operation operation;
  struct ct_plan plan;
  struct ct_op op;
  uint32_t index = 0, next = 0;
  ct_message(&message);
  if (ct_plan_of(ct_reader_of(data, size), &plan, &index)) {
    for (operations = plan.operations; ct_next_op(&operations, &next, &op);) {
      if (!ct_operation_of(&op, &operation)) abort();
    }
    if (operations.bad || operation.code != CT_OP_EXEC) abort();
  }
  free(plan.args);
  free(plan.env);
  return 0;
}
