#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"

enum { HEADER = 8, SIZE_AT = 4 };

uint8_t *ct_output_room(struct ct_output *output, size_t size) {
  if (output->capacity - output->length < size) {
    size_t capacity = (output->length + size) * 2;
    uint8_t *grown = output->bad ? NULL : realloc(output->buffer, capacity);
    output->bad = grown == NULL;
    if (output->bad) return NULL;
    output->buffer = grown;
    output->capacity = capacity;
  }
  return output->buffer + output->length;
}

void ct_output_put(struct ct_output *output, const void *data, size_t size) {
  uint8_t *to = ct_output_room(output, size);
  if (to == NULL) return;
  memcpy(to, data, size);
  output->length += size;
}

void ct_output_number(struct ct_output *output, uint64_t value, size_t size) { ct_output_put(output, &value, size); }

void ct_output_bytes(struct ct_output *output, const void *data, size_t size) {
  ct_output_number(output, size, 4);
  ct_output_put(output, data, size);
  ct_output_number(output, 0, 1);
}

void ct_output_begin(struct ct_output *output, uint16_t code) {
  output->record = output->length;
  ct_output_number(output, code, HEADER);
}

void ct_output_end(struct ct_output *output) {
  if (output->bad) return;
  uint32_t size = (uint32_t)(output->length - output->record - HEADER);
  memcpy(output->buffer + output->record + SIZE_AT, &size, sizeof size);
}

int ct_output_flush(struct ct_output *output, size_t least) {
  errno = output->bad ? ENOMEM : 0;
  if (errno == 0 && output->length >= least) {
    errno = ct_write_all(output->fd, output->buffer, output->length);
    output->length = 0;
  }
  return errno == 0 ? 0 : -1;
}
