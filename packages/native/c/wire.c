#include "wire.h"

enum { header_size = 8, message_max = 16 << 20, operation_max = 512 << 10 };
enum { capacity = 1 << 20, content_room = 256 << 10 /* of a stream's buffer */ };

_Static_assert(sizeof(struct ct_report) == 16, "the record is 16 bytes on the wire");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are written as they are in memory");

struct ct_reader ct_reader_of(const void *data, size_t size) {
  const uint8_t *at = data;
  return (struct ct_reader){.at = at, .end = at + size};
}

static const uint8_t *take(struct ct_reader *r, size_t size) {
  r->bad |= (size_t)(r->end - r->at) < size;
  if (r->bad) return NULL;
  r->at += size;
  return r->at - size;
}

static uint64_t little(struct ct_reader *r, size_t size) {
  const uint8_t *at = take(r, size);
  uint64_t value = 0;
  for (size_t i = size; at != NULL && i-- > 0;) value = value << 8 | at[i];
  return value;
}

uint8_t ct_u8(struct ct_reader *r) { return (uint8_t)little(r, 1); }
uint16_t ct_u16(struct ct_reader *r) { return (uint16_t)little(r, 2); }
uint32_t ct_u32(struct ct_reader *r) { return (uint32_t)little(r, 4); }
uint64_t ct_u64(struct ct_reader *r) { return little(r, 8); }

struct ct_bytes ct_bytes_of(struct ct_reader *r) {
  uint32_t size = ct_u32(r);
  const uint8_t *data = take(r, (size_t)size + 1);
  if (data != NULL && data[size] == 0) return (struct ct_bytes){.at = data, .length = size};
  r->bad = true;
  return (struct ct_bytes){.at = (const uint8_t *)""};
}

const char *ct_string(struct ct_reader *r) {
  struct ct_bytes bytes = ct_bytes_of(r);
  if (memchr(bytes.at, 0, bytes.length) != NULL) r->bad = true;
  return r->bad ? "" : (const char *)bytes.at;
}

struct ct_list ct_strings_of(struct ct_reader *r) {
  struct ct_list list = {.count = ct_u32(r)};
  list.items = *r;
  for (uint32_t i = 0; i < list.count && !r->bad; i++) ct_string(r);
  if (r->bad) list.count = 0;
  return list;
}

struct ct_bytes ct_u32s_of(struct ct_reader *r) {
  uint64_t size = (uint64_t)ct_u32(r) * sizeof(uint32_t);
  const uint8_t *data = take(r, (size_t)size);
  return data == NULL ? (struct ct_bytes){.at = (const uint8_t *)""} : (struct ct_bytes){.at = data, .length = (uint32_t)size};
}

bool ct_done(const struct ct_reader *r) { return !r->bad && r->at == r->end; }

/* The frame of an operation; gives the size of its payload. */
static uint32_t frame_of(struct ct_reader *r, struct ct_op *op) {
  op->index++;
  op->code = ct_u16(r);
  if (ct_u16(r) != 0) r->bad = true; /* flags, none yet */
  return ct_u32(r);
}

bool ct_next_op(struct ct_reader *r, struct ct_op *op) {
  if (r->bad || r->at == r->end) return false;
  uint32_t size = frame_of(r, op);
  const uint8_t *body = take(r, size);
  if (body == NULL) return false;
  op->body = ct_reader_of(body, size);
  return true;
}

struct ct_reader ct_message_read(int fd) {
  uint8_t header[header_size], *data = NULL;
  struct ct_reader size_field = ct_reader_of(header + 4, 4);
  if (ct_read_all(fd, header, sizeof header) != 0) ct_fail(CT_STAGE_PLAN, 0, "");
  uint32_t size = ct_u32(&size_field);
  if (memcmp(header, "CTN1", 4) != 0 || size > message_max) errno = EBADMSG;
  else data = mmap(NULL, (size_t)size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == NULL || data == MAP_FAILED || ct_read_all(fd, data, size) != 0) ct_fail(CT_STAGE_PLAN, 0, "");
  return ct_reader_of(data, size);
}

int ct_stream_open(struct ct_stream *stream, int fd) {
  *stream = (struct ct_stream){.fd = fd, .buffer = malloc(capacity + content_room)};
  return stream->buffer == NULL ? -1 : 0;
}

/* Reads once, up to `limit`, which must leave room. */
static int fill(struct ct_stream *stream, size_t limit) {
  ssize_t count = CT_RETRY(read(stream->fd, stream->buffer + stream->end, limit - stream->end));
  if (count <= 0) return count < 0 ? -1 : ct_error(EPIPE);
  stream->end += (size_t)count;
  return 0;
}

/* Takes `count` bytes. They are made contiguous at the start of what is buffered, with the room for content behind them. */
static int take_buffered(struct ct_stream *stream, size_t count, struct ct_reader *bytes) {
  if (stream->end - stream->start < count || stream->start + count > capacity) {
    memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
    stream->end -= stream->start;
    stream->start = 0;
  }
  while (stream->end - stream->start < count) {
    if (fill(stream, capacity) < 0) return -1;
  }
  *bytes = ct_reader_of(stream->buffer + stream->start, count);
  stream->start += count;
  return 0;
}

int ct_stream_next(struct ct_stream *stream, struct ct_op *op) {
  struct ct_reader header;
  if (take_buffered(stream, header_size, &header) < 0) return -1;
  uint32_t size = frame_of(&header, op);
  if (header.bad || size > operation_max) return ct_error(EBADMSG);
  int result = take_buffered(stream, size, &op->body);
  stream->kept = stream->start;
  return result;
}

int ct_stream_copy(struct ct_stream *stream, int to, uint64_t size) {
  while (size > 0) {
    if (stream->start == stream->end) {
      stream->start = stream->end = stream->kept;
      if (fill(stream, capacity + content_room) < 0) return -1;
    }
    size_t count = stream->end - stream->start;
    if (count > size) count = (size_t)size;
    if (ct_write_all(to, stream->buffer + stream->start, count) < 0) return -1;
    stream->start += count;
    size -= count;
  }
  return 0;
}

void ct_succeed(uint32_t index, uint32_t value) {
  const struct ct_report report = {.kind = CT_REPORT_OK, .index = index, .value = value};
  (void)!ct_write_all(CT_STATUS_FD, &report, sizeof report);
}

void ct_fail(uint8_t stage, uint32_t index, const char *path) {
  const struct ct_report report = {.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = errno};
  (void)!ct_write_all(CT_STATUS_FD, &report, sizeof report);
  (void)!ct_write_all(CT_STATUS_FD, path, strlen(path));
  _exit(1);
}
