#include "wire.h"

enum { header_size = 8, message_max = 16 << 20 };

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

struct ct_op ct_operation_read(int fd) {
  struct ct_op op = {.index = CT_BEFORE};
  struct ct_reader message = ct_message_read(fd);
  op.body.bad = !ct_next_op(&message, &op) || !ct_done(&message);
  return op;
}

/* Reads all of `size` bytes. */
static int read_stream(struct ct_stream *stream, void *data, size_t size) {
  if (fread(data, 1, size, stream->in) == size) return 0;
  return ferror(stream->in) ? -1 : ct_error(EPIPE);
}

int ct_stream_next(struct ct_stream *stream, struct ct_op *op) {
  uint8_t header[header_size];
  if (read_stream(stream, header, sizeof header) < 0) return -1;
  struct ct_reader r = ct_reader_of(header, sizeof header);
  uint32_t size = frame_of(&r, op);
  if (r.bad || size > sizeof stream->payload) return ct_error(EBADMSG);
  op->body = ct_reader_of(stream->payload, size);
  return read_stream(stream, stream->payload, size);
}

int ct_stream_copy(struct ct_stream *stream, int to, uint64_t size) {
  while (size > 0) {
    size_t part = size < sizeof stream->content ? (size_t)size : sizeof stream->content;
    if (read_stream(stream, stream->content, part) < 0 || ct_write_all(to, stream->content, part) < 0) return -1;
    size -= part;
  }
  return 0;
}

int ct_succeed(uint32_t index, uint32_t value) {
  const struct ct_report report = {.kind = CT_REPORT_OK, .index = index, .value = value};
  (void)!ct_write_all(CT_STATUS_FD, &report, sizeof report);
  return 0;
}

void ct_fail(uint8_t stage, uint32_t index, const char *path) {
  const struct ct_report report = {.kind = CT_REPORT_FAILED, .stage = stage, .index = index, .error = errno};
  (void)!ct_write_all(CT_STATUS_FD, &report, sizeof report);
  (void)!ct_write_all(CT_STATUS_FD, path, strlen(path));
  _exit(1);
}
