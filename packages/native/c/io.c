#define _GNU_SOURCE
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_fds = 2 };

void ct_close_kept(const int *fd) {
  int error = errno;
  if (*fd >= 0) close(*fd);
  errno = error;
}

int ct_read_all(int fd, void *data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = CT_RETRY(read(fd, (uint8_t *)data + done, size - done));
    if (n < 0) return errno;
    if (n == 0) return EBADMSG;
    done += (size_t)n;
  }
  return 0;
}

int ct_write_all(int fd, const void *data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = CT_RETRY(write(fd, (const uint8_t *)data + done, size - done));
    if (n < 0) return errno;
    done += (size_t)n;
  }
  return 0;
}

int ct_write_file(int dir, const char *path, const char *data, size_t size) {
  CT_CLOSES int fd = CT_RETRY(openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
  ssize_t n = fd < 0 ? -1 : CT_RETRY(write(fd, data, size));
  return n < 0 ? errno : n == (ssize_t)size ? 0 : EIO;
}

int ct_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(max_fds * sizeof(int))];
  } control = {0};
  struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  }
  ssize_t n = CT_RETRY(sendmsg(socket, &message, MSG_NOSIGNAL));
  return n < 0 ? errno : 0;
}

int ct_receive_fds(int socket, void *data, size_t size, size_t *got, int *fds) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(max_fds * sizeof(int))];
  } control = {0};
  struct iovec part = {.iov_base = data, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  fds[0] = fds[1] = -1;
  ssize_t n = CT_RETRY(recvmsg(socket, &message, MSG_CMSG_CLOEXEC));
  if (n < 0) return errno;
  *got = (size_t)n;
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
  return 0;
}
