/* Whole reads and writes, retried on EINTR; descriptors over unix sockets. Each gives 0 or an errno. */
#ifndef CT_IO_H
#define CT_IO_H

#include <stddef.h>

/* Calls again while a signal interrupts. */
#define CT_RETRY(call)                                                                                                                     \
  __extension__({                                                                                                                          \
    __typeof__(call) result_;                                                                                                              \
    do result_ = (call);                                                                                                                   \
    while (result_ == -1 && errno == EINTR);                                                                                               \
    result_;                                                                                                                               \
  })

/* An int with it is a descriptor, closed at the end of its scope; errno stays what it was. */
#define CT_CLOSES __attribute__((cleanup(ct_close_kept), unused))
void ct_close_kept(const int *fd);

/* EBADMSG when the peer ends before `size` bytes came. */
int ct_read_all(int fd, void *data, size_t size);
int ct_write_all(int fd, const void *data, size_t size);
/* Opens the file, writes in one write(2), closes. `dir` is as in openat(2). */
int ct_write_file(int dir, const char *path, const char *data, size_t size);
/* One packet with `count` (at most 2) descriptors. */
int ct_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count);
/* One packet; `fds` (2 places) get the descriptors that came with it, else -1; *got is 0 when the peer is gone. */
int ct_receive_fds(int socket, void *data, size_t size, size_t *got, int *fds);

#endif
