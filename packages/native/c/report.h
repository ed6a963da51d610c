/* The one record that the helper gives on its status descriptor. */
#ifndef CT_REPORT_H
#define CT_REPORT_H

#include <stdint.h>

enum { CT_PLAN_FD = 3, CT_STATUS_FD = 4 };

/* Where something failed; the names for people are in src/stages.ts, and a test compares the two lists. */
enum ct_stage {
  CT_STAGE_NONE = 0,
  CT_STAGE_PLAN = 1, /* reading and checking the message */
  CT_STAGE_PROTECT = 2, /* re-executing from a read-only copy */
  CT_STAGE_FILES = 3, /* log, socket, pid file, pipes */
  CT_STAGE_CLONE = 4,
  CT_STAGE_ID_MAP = 5,
  CT_STAGE_CGROUP = 6,
  CT_STAGE_JOIN = 7, /* joining a namespace */
  CT_STAGE_OPERATION = 8, /* operation number `index` of the plan */
  CT_STAGE_EXEC = 9, /* the program of the exec operation */
  CT_STAGE_LOST = 10, /* the process ended before it reported */
  CT_STAGE_CONTROL = 11, /* a request on the supervisor's socket */
  CT_STAGE_MOUNT = 20, /* mounting a tree target; `index` is the mount's */
  CT_STAGE_TREE = 21, /* an operation of apply */
  CT_STAGE_SCAN = 22,
  CT_STAGE_NET = 23,
};

enum { CT_REPORT_OK = 0, CT_REPORT_FAILED = 1 };

struct ct_report {
  uint8_t kind, stage;
  uint16_t zero;
  uint32_t index;
  int32_t error; /* errno */
  uint32_t value; /* pid */
};

/* Writes the record; an error of the write itself has nobody to go to. */
void ct_report_send(int fd, const struct ct_report *report);
/* Reports the failure and ends the process with status 1. */
_Noreturn void ct_fail(int fd, uint8_t stage, uint32_t index, int error);

#endif
