#include "report.h"

#include <unistd.h>

#include "io.h"

_Static_assert(sizeof(struct ct_report) == 16, "the record is 16 bytes on the wire");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are written as they are in memory");

void ct_report_send(int fd, const struct ct_report *report) { (void)!ct_write_all(fd, report, sizeof *report); }

void ct_fail(int fd, uint8_t stage, uint32_t index, int error) {
  struct ct_report report = {.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = error};
  ct_report_send(fd, &report);
  _exit(1);
}
