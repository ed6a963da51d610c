/* Docker's json-file log: one JSON object a line, {"log":…,"stream":…,"time":…}, appended in batches. */
#ifndef CT_LOG_H
#define CT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CT_STDOUT = 0, CT_STDERR = 1 };
enum { CT_LOG_PIECE = 16 << 10 /* a longer line is logged in pieces, which have no newline */ };

struct ct_log {
  int fd; /* -1: there is no log */
  size_t used;
  int64_t second; /* whose text `time` has; -1: none yet */
  char time[32];
  struct {
    size_t size;
    uint8_t data[CT_LOG_PIECE]; /* the beginning of a line whose end has not come */
  } pending[2];
  char out[6 * CT_LOG_PIECE + 4096]; /* holds the worst case of one piece, or a batch of usual lines */
};

/* Appends to the file, made 0640 when missing; 0 or an errno. The log is all zeros before. */
int ct_log_open(struct ct_log *log, const char *path);
/* Logs what one read gave. A full disk loses whole lines, never the end of one. */
void ct_log_write(struct ct_log *log, int stream, const uint8_t *data, size_t size);
/* Logs the last line of a stream, which has no newline. */
void ct_log_end(struct ct_log *log, int stream);

#endif
