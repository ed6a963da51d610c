/* What comes in and what is answered (PROTOCOL.md): messages, streams of operations, reports. All integers are little-endian. */
#ifndef CT_WIRE_H
#define CT_WIRE_H

#include "io.h"

enum { CT_PLAN_FD = 3, CT_STATUS_FD = 4 };

/* Bytes not read yet. The first error sticks: once `bad`, every read gives zero, an empty string or nothing. */
struct ct_reader {
  const uint8_t *at, *end;
  bool bad;
};

struct ct_bytes {
  const uint8_t *at;
  uint32_t length;
};

/* `count` items, not read yet, but checked. */
struct ct_list {
  uint32_t count;
  struct ct_reader items;
};

#define CT_BEFORE UINT32_MAX /* the index of what is before the first operation */

struct ct_op {
  uint16_t code;
  uint32_t index; /* place in its message, from 0 */
  struct ct_reader body;
};

struct ct_reader ct_reader_of(const void *data, size_t size);
uint8_t ct_u8(struct ct_reader *r);
uint16_t ct_u16(struct ct_reader *r);
uint32_t ct_u32(struct ct_reader *r);
uint64_t ct_u64(struct ct_reader *r);
struct ct_bytes ct_bytes_of(struct ct_reader *r);
/* A C string that points into the message; never NULL; one with an inner NUL is bad. */
const char *ct_string(struct ct_reader *r);
struct ct_list ct_strings_of(struct ct_reader *r);
/* Whether all was read, without an error. */
bool ct_done(const struct ct_reader *r);
/* Steps to the next operation; false at the end and on an error. */
bool ct_next_op(struct ct_reader *r, struct ct_op *op);
/* Reads one whole message from fd into fresh pages, and gives its operations; ends the process with a report when it cannot. */
struct ct_reader ct_message_read(int fd);
/* The same of a message with one operation. */
struct ct_op ct_operation_read(int fd);

/* Operations that arrive one after the other, in all longer than any buffer: one is held at a time. */
struct ct_stream {
  FILE *in;
  uint8_t payload[512 << 10], content[256 << 10];
};

/* Reads the next operation, valid until the next call. EBADMSG when it is malformed, EPIPE when the stream ended. */
int ct_stream_next(struct ct_stream *stream, struct ct_op *op);
/* Copies the `size` bytes that follow an operation to a file; the operation stays valid. */
int ct_stream_copy(struct ct_stream *stream, int to, uint64_t size);

/* Where something failed. What each means stands in PROTOCOL.md, the names for people in src/report.ts; a test compares the three. */
enum ct_stage {
  CT_STAGE_NONE = 0,
  CT_STAGE_PLAN = 1, /* reading and checking the message */
  CT_STAGE_PROTECT = 2, /* re-executing from a read-only copy */
  CT_STAGE_FILES = 3, /* log, sockets, pipes */
  CT_STAGE_CLONE = 4, CT_STAGE_SOURCE = 5 /* a mount with mapped ids */, CT_STAGE_CGROUP = 6, CT_STAGE_JOIN = 7 /* a namespace */,
  CT_STAGE_OPERATION = 8, /* operation number `index` of the plan */
  CT_STAGE_EXEC = 9, /* the program of the exec operation */
  CT_STAGE_LOST = 10, /* the process ended before it reported */
  CT_STAGE_CONTROL = 11, /* a request on the supervisor's socket */
  CT_STAGE_PAUSE = 12, /* the launcher does not want to go on */
  CT_STAGE_LISTENER = 13, /* handing on a filter's listener */
  CT_STAGE_MOUNT = 20, CT_STAGE_TREE = 21, CT_STAGE_SCAN = 22, CT_STAGE_NET = 23, /* of the other verbs */
};

/* The first two, and a pause, are for the status descriptor; a process says the others to its supervisor. */
enum {
  CT_REPORT_OK = 0,
  CT_REPORT_FAILED = 1,
  CT_REPORT_TERMINAL = 2, /* comes with the pty's master and slave */
  CT_REPORT_HELD = 3,
  CT_REPORT_EXECUTING = 4, /* the last one: a closed socket then means that exec succeeded */
  CT_REPORT_PAUSED = 5, /* goes on to the launcher, who answers with a message */
  CT_REPORT_LISTENER = 6, /* comes with the listener of a system call filter */
};

struct ct_report {
  uint8_t kind, stage;
  uint16_t zero;
  uint32_t index;
  int32_t error; /* errno */
  uint32_t value; /* pid */
};

/* Reports success, and gives the exit status; an error of the write itself has nobody to go to. */
int ct_succeed(uint32_t index, uint32_t value);
/* Reports errno, followed by the path it is about if there is one, and ends the process with status 1. */
_Noreturn void ct_fail(uint8_t stage, uint32_t index, const char *path);

/* One function per verb, in the file of its name; its value is the exit status. */
#define CT_VERBS(X) X(run) X(apply) X(scan) X(net) X(devices) X(serve)
#define CT_VERB(name) int ct_verb_##name(char **argv);
CT_VERBS(CT_VERB)

#endif
