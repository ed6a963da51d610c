/* Records on their way out: gathered in one growing buffer and written when enough has come together. */
#ifndef CT_OUTPUT_H
#define CT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ct_output {
  int fd;
  uint8_t *buffer;
  size_t length, capacity;
  size_t record; /* where the record that is being built begins */
  bool bad; /* out of memory; sticky */
};

/* Room for `size` more bytes; NULL when there is no memory. The caller adds what it used to `length`. */
uint8_t *ct_output_room(struct ct_output *output, size_t size);
void ct_output_put(struct ct_output *output, const void *data, size_t size);
/* The lowest `size` bytes of a number. */
void ct_output_number(struct ct_output *output, uint64_t value, size_t size);
/* Length, bytes, NUL. */
void ct_output_bytes(struct ct_output *output, const void *data, size_t size);
/* A record has the frame of an operation: u16 code, u16 0, u32 size. */
void ct_output_begin(struct ct_output *output, uint16_t code);
void ct_output_end(struct ct_output *output);
/* Writes when `least` bytes are waiting; 0, or -1 and errno. */
int ct_output_flush(struct ct_output *output, size_t least);

#endif
