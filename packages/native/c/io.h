/* What all of the helper stands on: the system, whole reads and writes, descriptors. An int of -1 comes with errno. */
#ifndef CT_IO_H
#define CT_IO_H

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define CT_UNUSED __attribute__((unused))
#define CT_COUNT(array) (sizeof(array) / sizeof *(array))

/* Calls again while a signal interrupts. */
#define CT_RETRY(call) TEMP_FAILURE_RETRY(call)

/* Closes what is open and sets it to -1; errno stays what it was. */
void ct_close(int *fd);
/* An int with it is a descriptor, closed at the end of its scope. */
#define CT_CLOSES __attribute__((cleanup(ct_close))) CT_UNUSED

/* Sets errno; gives -1. */
int ct_error(int error);
/* Whether errno says that there is no such path. */
bool ct_is_missing(void);
/* EBADMSG when the peer ends before `size` bytes came. */
int ct_read_all(int fd, void *data, size_t size);
int ct_write_all(int fd, const void *data, size_t size);
/* All that is left of a file, to where another one is written; of a pipe, what is in it. */
int ct_copy_bytes(int from, int to);
/* One packet with `count` (at most 2) descriptors. */
int ct_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count);
/* One packet's size, 0 when the peer is gone; `fds` (2 places) get the descriptors that came with it, else -1. */
ssize_t ct_receive_fds(int socket, void *data, size_t size, int *fds);

#endif
