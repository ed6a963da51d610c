/* Small durable files: the exit record, the pid file; and the kernel's count of out-of-memory kills. */
#ifndef CT_RECORD_H
#define CT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ct_exit {
  int code, signal; /* signal 0: it ended by itself; else code is 128 + signal */
  bool oom_killed;
  int64_t started_ns, exited_ns;
};

enum { CT_RECORD_SIZE = 96 };

int64_t ct_now_ns(void);
/* `ct-exit 1 <code> <signal> <oom> <started> <exited>` and a newline; gives the length. */
size_t ct_exit_text(const struct ct_exit *exit, char text[CT_RECORD_SIZE]);
/* Writes temp → fdatasync → rename → fsync of the directory; 0 or an errno. */
int ct_record_write(const char *path, const char *text, size_t size, bool durable);
/* The number behind `key` at the beginning of a line of the file; 0 when there is none. */
uint64_t ct_counter(int fd, const char *key);

#endif
