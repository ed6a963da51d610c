/* The helper beside a process: it makes it, and stays as its supervisor: one poll loop, a fixed number of clients, one chunk in flight. */
#ifndef CT_SUPERVISE_H
#define CT_SUPERVISE_H

#include "plan.h"
#include <poll.h>

/* log.c: docker's json-file log, one JSON object a line, {"log":…,"stream":…,"time":…}, appended in batches. */
enum { CT_STDOUT = 0, CT_STDERR = 1, CT_LOG_PIECE = 16 << 10 /* a longer line is logged in pieces, which have no newline */ };

struct ct_log {
  int fd; /* -1: there is no log */
  size_t used;
  int64_t second; /* whose text `time` has; -1: none yet */
  char time[32];
  struct {
    size_t size;
    uint8_t data[CT_LOG_PIECE]; /* the beginning of a line whose end has not come */
  } pending[2];
  char out[6 * CT_LOG_PIECE + 4096]; /* holds the worst case of one piece, or a batch of usual lines */
};

/* Appends to the file, made 0640 when missing. The log is all zeros before. */
int ct_log_open(struct ct_log *log, const char *path);
/* Logs what one read gave. A full disk loses whole lines, never the end of one. */
void ct_log_write(struct ct_log *log, int stream, const uint8_t *data, size_t size);
/* Logs the last line of a stream, which has no newline. */
void ct_log_end(struct ct_log *log, int stream);

enum { CT_MAX_CLIENTS = 64, CT_CHUNK = 64 << 10, CT_INPUT = 16 << 10, CT_FRAME = 8 };
enum ct_client_state { CT_CLIENT_FREE = 0, CT_CLIENT_ASKS, CT_CLIENT_ATTACHED, CT_CLIENT_STARTS, CT_CLIENT_WAITS };
enum { CT_ATTACH_STDIN = 1, CT_ATTACH_STDOUT = 2, CT_ATTACH_STDERR = 4 };

struct ct_client {
  int fd;
  uint8_t state, flags;
  uint32_t sent; /* of the chunk in flight */
  bool behind; /* has not taken the whole chunk */
  bool no_input; /* has half-closed */
};

struct ct_supervisor {
  const struct ct_plan *plan;
  struct ct_bytes answer; /* of the launcher, to a pause */
  int listener, oom;
  uint64_t oom_before;
  pid_t pid; /* of the process */
  int pidfd, sync;
  int input, outputs[2]; /* our ends of its stdio, of a terminal all the master; -1: none, or ended */
  int slave; /* of a terminal, so that a shell's pause between two programs is no end of output */
  bool held, is_terminal, exited, recorded;
  struct ct_client clients[CT_MAX_CLIENTS];
  uint32_t behind; /* clients that have not taken the chunk */
  int stream; /* of the chunk */
  uint32_t chunk_size; /* with its frame */
  uint32_t pending_size, pending_sent; /* of the input that the process has not taken */
  bool input_ends; /* after that */
  int64_t quiet_at, record_at; /* monotonic milliseconds: when to stop waiting for output, for clients */
  int exit_code, exit_signal; /* signal 0: it ended by itself; else the code is 128 + signal */
  bool oom_killed;
  int64_t started_ns, exited_ns; /* since 1970 */
  char record[96];
  struct ct_log log;
  uint8_t chunk[CT_FRAME + CT_CHUNK];
  uint8_t pending[CT_INPUT];
};

/* record.c: small durable files, clocks, and the kernel's count of out-of-memory kills. */
int64_t ct_now_ns(clockid_t clock);
/* Writes temp → rename, with an fdatasync of the file and an fsync of the directory. */
int ct_record_write(const char *path, const char *text);
/* The number behind `key` at the beginning of a line of the file; 0 when there is none. */
uint64_t ct_counter(int fd, const char *key);

/* run.c: Comes back with 0 only when the running program is a copy that nobody can write; else executes such a copy with the same
   arguments. CVE-2019-5736: what runs in a container must not reach the helper's own file through /proc/<pid>/exe. */
int ct_protect(char **argv);

/* spawn.c: Starts the process and waits until it is held or executes its program; gives up when it cannot. */
void ct_spawn(struct ct_supervisor *s);
/* Ends the launch: kills the process if there is one, removes the socket, reports errno. */
_Noreturn void ct_give_up(struct ct_supervisor *s, uint8_t stage, uint32_t index);

/* supervise.c: Opens log, counter and socket. Everything of the supervisor but the plan is zero before. */
int ct_supervise_open(struct ct_supervisor *s);
/* A socket at the path, in the place of what is there, that nobody but this user reaches, and that does not block. */
int ct_listen(const char *path);
/* Sends data and a descriptor to who listens at a unix socket. */
int ct_send_to(const char *path, const void *data, size_t size, int fd);
/* Supervises the process to its end and exits. */
_Noreturn void ct_supervise(struct ct_supervisor *s);
/* One client less is behind; when none is, output is read again. */
void ct_chunk_taken(struct ct_supervisor *s);
void ct_input_flush(struct ct_supervisor *s);
/* Closes the process's stdin once it has taken what came before; a terminal has no end of input. */
void ct_input_end(struct ct_supervisor *s);

/* client.c: Answers who connected. */
void ct_client_accept(struct ct_supervisor *s);
/* What to poll of a client, and what to do about what came of it. */
struct pollfd ct_client_poll(const struct ct_supervisor *s, const struct ct_client *client);
void ct_client_event(struct ct_supervisor *s, struct ct_client *client, short events);
/* Gives the chunk to everybody who attached to its stream. */
void ct_clients_offer(struct ct_supervisor *s);
/* Answers everybody in that state. */
void ct_clients_answer(struct ct_supervisor *s, enum ct_client_state state, const void *data, size_t size);

#endif
