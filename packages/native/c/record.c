#include "supervise.h"

int64_t ct_now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A rename lasts once its directory is on disk. */
static int sync_parent(char *path) {
  char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path) return 0;
  *slash = 0;
  CT_CLOSES int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -1 : fsync(fd);
}

int ct_record_write(const char *path, const char *text) {
  char temporary[PATH_MAX];
  if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary) return ct_error(ENAMETOOLONG);
  CT_CLOSES int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return -1;
  if (ct_write_all(fd, text, strlen(text)) == 0 && fdatasync(fd) == 0 && rename(temporary, path) == 0) return sync_parent(temporary);
  int error = errno;
  unlink(temporary);
  return ct_error(error);
}

uint64_t ct_counter(int fd, const char *key) {
  char text[2048] = "\n", start[64];
  if (fd < 0 || CT_RETRY(pread(fd, text + 1, sizeof text - 2, 0)) < 0) return 0;
  int length = snprintf(start, sizeof start, "\n%s ", key);
  const char *line = strstr(text, start);
  return line == NULL ? 0 : strtoull(line + length, NULL, 10);
}
