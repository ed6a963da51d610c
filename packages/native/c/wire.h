/* The message format (PROTOCOL.md): a bounds-checked reader whose first error sticks. All integers are little-endian. */
#ifndef CT_WIRE_H
#define CT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes not read yet. Once `bad`, every read gives zero, an empty string or nothing. */
struct ct_reader {
  const uint8_t *at, *end;
  bool bad;
};

struct ct_bytes {
  const uint8_t *at;
  uint32_t length;
};

/* `count` items, not read yet; made by ct_strings_of, which has checked all of them. */
struct ct_list {
  uint32_t count;
  struct ct_reader items;
};

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
int64_t ct_i64(struct ct_reader *r);
struct ct_bytes ct_bytes_of(struct ct_reader *r);
/* A C string that points into the message; never NULL; one with an inner NUL is bad. */
const char *ct_string(struct ct_reader *r);
struct ct_list ct_strings_of(struct ct_reader *r);
/* `count` items of `item` bytes each, as raw bytes. */
struct ct_bytes ct_array_of(struct ct_reader *r, uint32_t item);
/* Whether all was read, without an error. */
bool ct_done(const struct ct_reader *r);

/* Checks the header of a message that is wholly in memory. */
bool ct_message(struct ct_reader *r);
/* The next operation; false at the end and on an error. `next` counts operations and starts at 0. */
bool ct_next_op(struct ct_reader *r, uint32_t *next, struct ct_op *op);

#define CT_MESSAGE_LIMIT (16u << 20)

/* Reads one whole message from fd into fresh pages; 0 or an errno. `r` stands behind the header. */
int ct_message_read(int fd, struct ct_reader *r);

#endif
