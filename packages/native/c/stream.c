/* A read buffer over a pipe or socket. */
#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

enum { CAPACITY = 1 << 20, ROOM_FOR_CONTENT = 256 << 10, OPERATION_MAX = 512 << 10, HEADER = 8 };

int ct_stream_open(struct ct_stream *stream, int fd) {
  *stream = (struct ct_stream){.fd = fd, .buffer = malloc(CAPACITY + ROOM_FOR_CONTENT), .index = UINT32_MAX};
  return stream->buffer ? 0 : -1;
}

/* Reads once, up to `limit`, which must leave room. */
static int fill(struct ct_stream *stream, size_t limit) {
  ssize_t count = CT_RETRY(read(stream->fd, stream->buffer + stream->end, limit - stream->end));
  if (count == 0) errno = EPIPE;
  if (count <= 0) return -1;
  stream->end += (size_t)count;
  return 0;
}

/* Makes `count` bytes contiguous at the start of what is buffered, with the room for content behind them. */
static int need(struct ct_stream *stream, size_t count) {
  if (stream->end - stream->start >= count && stream->start + count <= CAPACITY) return 0;
  memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
  stream->end -= stream->start;
  stream->start = 0;
  while (stream->end < count)
    if (fill(stream, CAPACITY) < 0) return -1;
  return 0;
}

static struct ct_reader take(struct ct_stream *stream, size_t count) {
  stream->start += count;
  return ct_reader_of(stream->buffer + stream->start - count, count);
}

int ct_stream_next(struct ct_stream *stream, struct ct_op *op) {
  stream->index++;
  if (need(stream, HEADER) < 0) return -1;
  struct ct_reader header = take(stream, HEADER);
  uint16_t code = ct_u16(&header);
  uint16_t flags = ct_u16(&header);
  uint32_t size = ct_u32(&header);
  bool fits = flags == 0 && size <= OPERATION_MAX;
  if (!fits) errno = EBADMSG;
  if (!fits || need(stream, size) < 0) return -1;
  *op = (struct ct_op){.code = code, .index = stream->index, .body = take(stream, size)};
  stream->kept = stream->start;
  return 0;
}

int ct_stream_copy(struct ct_stream *stream, int to, uint64_t size) {
  while (size > 0) {
    if (stream->start == stream->end) {
      stream->start = stream->end = stream->kept;
      if (fill(stream, CAPACITY + ROOM_FOR_CONTENT) < 0) return -1;
    }
    size_t count = stream->end - stream->start;
    if (count > size) count = (size_t)size;
    errno = ct_write_all(to, stream->buffer + stream->start, count);
    if (errno != 0) return -1;
    stream->start += count;
    size -= count;
  }
  return 0;
}
