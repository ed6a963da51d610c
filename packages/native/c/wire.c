#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "io.h"

static const uint8_t magic[4] = {'C', 'T', 'N', '1'};

struct ct_reader ct_reader_of(const void *data, size_t size) {
  const uint8_t *at = data;
  return (struct ct_reader){.at = at, .end = at + size};
}

static const uint8_t *take(struct ct_reader *r, size_t size) {
  if (r->bad || (size_t)(r->end - r->at) < size) {
    r->bad = true;
    return NULL;
  }
  const uint8_t *at = r->at;
  r->at += size;
  return at;
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
int64_t ct_i64(struct ct_reader *r) { return (int64_t)little(r, 8); }

struct ct_bytes ct_bytes_of(struct ct_reader *r) {
  uint32_t size = ct_u32(r);
  const uint8_t *data = take(r, (size_t)size + 1);
  if (data != NULL && data[size] != 0) r->bad = true;
  if (r->bad) return (struct ct_bytes){.at = (const uint8_t *)"", .length = 0};
  return (struct ct_bytes){.at = data, .length = size};
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

struct ct_bytes ct_array_of(struct ct_reader *r, uint32_t item) {
  uint64_t size = (uint64_t)ct_u32(r) * item;
  const uint8_t *data = size > CT_MESSAGE_LIMIT ? NULL : take(r, (size_t)size);
  if (data != NULL) return (struct ct_bytes){.at = data, .length = (uint32_t)size};
  r->bad = true;
  return (struct ct_bytes){.at = (const uint8_t *)"", .length = 0};
}

bool ct_done(const struct ct_reader *r) { return !r->bad && r->at == r->end; }

bool ct_message(struct ct_reader *r) {
  const uint8_t *at = take(r, sizeof magic);
  if (at == NULL || memcmp(at, magic, sizeof magic) != 0) r->bad = true;
  if (ct_u32(r) != (uint32_t)(r->end - r->at)) r->bad = true;
  return !r->bad;
}

bool ct_next_op(struct ct_reader *r, uint32_t *next, struct ct_op *op) {
  if (r->bad || r->at == r->end) return false;
  op->code = ct_u16(r);
  if (ct_u16(r) != 0) r->bad = true; /* flags, none yet */
  uint32_t size = ct_u32(r);
  const uint8_t *body = take(r, size);
  if (r->bad) return false;
  op->index = (*next)++;
  op->body = ct_reader_of(body, size);
  return true;
}

int ct_message_read(int fd, struct ct_reader *r) {
  uint8_t header[8];
  int error = ct_read_all(fd, header, sizeof header);
  if (error != 0) return error;
  struct ct_reader h = ct_reader_of(header + 4, 4);
  uint32_t size = ct_u32(&h);
  if (memcmp(header, magic, sizeof magic) != 0 || size > CT_MESSAGE_LIMIT) return EBADMSG;
  uint8_t *data = mmap(NULL, (size_t)size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return ENOMEM;
  *r = ct_reader_of(data, size);
  return ct_read_all(fd, data, size);
}
