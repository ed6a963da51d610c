#include "io.h"

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(2 * sizeof(int))];
};

void ct_close(int *fd) {
  int error = errno;
  if (*fd >= 0) close(*fd);
  *fd = -1;
  errno = error;
}

int ct_error(int error) {
  errno = error;
  return -1;
}

bool ct_is_missing(void) { return errno == ENOENT || errno == ENOTDIR; }

int ct_read_all(int fd, void *data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = CT_RETRY(read(fd, (uint8_t *)data + done, size - done));
    if (n <= 0) return n < 0 ? -1 : ct_error(EBADMSG);
    done += (size_t)n;
  }
  return 0;
}

int ct_write_all(int fd, const void *data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = CT_RETRY(write(fd, (const uint8_t *)data + done, size - done));
    if (n < 0) return -1;
    done += (size_t)n;
  }
  return 0;
}

int ct_copy_bytes(int from, int to) {
  ssize_t n;
  do n = CT_RETRY(sendfile(to, from, NULL, 1 << 20));
  while (n > 0);
  return (int)n;
}

int ct_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count) {
  union control control = {0};
  struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  }
  return CT_RETRY(sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 ? -1 : 0;
}

ssize_t ct_receive_fds(int socket, void *data, size_t size, int *fds) {
  union control control = {0};
  struct iovec part = {.iov_base = data, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  fds[0] = fds[1] = -1;
  ssize_t n = CT_RETRY(recvmsg(socket, &message, MSG_CMSG_CLOEXEC));
  struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
  if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
  return n;
}
