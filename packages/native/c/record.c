#define _GNU_SOURCE
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "decimal.h"
#include "io.h"

int64_t ct_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

size_t ct_exit_text(const struct ct_exit *exit, char text[CT_RECORD_SIZE]) {
  const uint64_t fields[] = {
      (uint64_t)exit->code, (uint64_t)exit->signal, exit->oom_killed, (uint64_t)exit->started_ns, (uint64_t)exit->exited_ns,
  };
  char *at = stpcpy(text, "ct-exit 1");
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    *at++ = ' ';
    at = ct_decimal(at, fields[i]);
  }
  *at++ = '\n';
  return (size_t)(at - text);
}

/* A rename lasts once its directory is on disk. */
static int sync_parent(char *path) {
  char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path) return 0;
  *slash = 0;
  CT_CLOSES int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 || fsync(fd) != 0 ? errno : 0;
}

int ct_record_write(const char *path, const char *text, size_t size, bool durable) {
  char temporary[PATH_MAX];
  if (strlen(path) + 5 > sizeof temporary) return ENAMETOOLONG;
  strcpy(stpcpy(temporary, path), ".tmp");
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return errno;
  int error = ct_write_all(fd, text, size);
  if (error == 0 && durable && fdatasync(fd) != 0) error = errno;
  close(fd);
  if (error == 0 && rename(temporary, path) != 0) error = errno;
  if (error != 0) unlink(temporary);
  return error == 0 && durable ? sync_parent(temporary) : error;
}

uint64_t ct_counter(int fd, const char *key) {
  char text[2048];
  size_t length = strlen(key);
  ssize_t size = fd < 0 ? -1 : CT_RETRY(pread(fd, text, sizeof text - 1, 0));
  if (size < 0) return 0;
  text[size] = 0;
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, key, length) == 0 && line[length] == ' ') return strtoull(line + length + 1, NULL, 10);
  }
  return 0;
}
