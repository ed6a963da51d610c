/* The log of what a container prints: any bytes, read in any pieces, give whole lines of JSON. */
#include "../c/supervise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, off_t size) {
  static const char begin[] = "{\"log\":\"", end[] = "Z\"}";
  while (size > 0) {
    const char *newline = memchr(text, '\n', (size_t)size);
    if (newline == NULL || newline - text < 68 || memcmp(text, begin, 8) != 0 || memcmp(newline - 3, end, 3) != 0) abort();
    for (const char *at = text; at < newline; at++) {
      if ((unsigned char)*at < 0x20) abort();
    }
    size -= newline + 1 - text;
    text = newline + 1;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ct_log *log = calloc(1, sizeof *log);
  if (log == NULL || ct_log_open(log, "") != 0) abort();
  log->fd = memfd_create("log", MFD_CLOEXEC);
  for (size_t at = 0; at < size;) { /* a byte says how many times as many bytes make the next piece */
    size_t piece = 1 + data[at] * 256u;
    if (piece > size - at) piece = size - at;
    for (int times = 0; times <= data[at] % 3; times++) ct_log_write(log, data[at] & 1, data + at, piece);
    at += piece;
  }
  ct_log_end(log, CT_STDOUT);
  ct_log_end(log, CT_STDERR);
  off_t written = lseek(log->fd, 0, SEEK_END);
  if (written > 0) {
    const char *text = mmap(NULL, (size_t)written, PROT_READ, MAP_SHARED, log->fd, 0);
    if (text == MAP_FAILED) abort();
    check(text, written);
    munmap((void *)(uintptr_t)text, (size_t)written);
  }
  close(log->fd);
  free(log);
  return 0;
}
