/* Operations that arrive as a stream, longer than any buffer: one is held at a time. Results are 0, or -1 and errno. */
#ifndef CT_STREAM_H
#define CT_STREAM_H

#include "wire.h"

struct ct_stream {
  int fd;
  uint8_t *buffer;
  size_t start, end; /* what is not taken yet */
  size_t kept; /* where the operation read last ends: what follows may be overwritten */
  uint32_t index; /* of the operation read last; the first is 0 */
};

int ct_stream_open(struct ct_stream *stream, int fd);
/* Reads the next operation, valid until the next call. EBADMSG when it is malformed, EPIPE when the stream ended. */
int ct_stream_next(struct ct_stream *stream, struct ct_op *op);
/* Copies the `size` bytes that follow an operation to a file; the operation stays valid. */
int ct_stream_copy(struct ct_stream *stream, int to, uint64_t size);

#endif
