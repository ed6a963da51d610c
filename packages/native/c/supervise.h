/* What stays of the helper beside a running process: one epoll loop, a fixed number of clients, one chunk in flight. */
#ifndef CT_SUPERVISE_H
#define CT_SUPERVISE_H

#include "log.h"
#include "record.h"
#include "spawn.h"

enum { CT_MAX_CLIENTS = 64, CT_CHUNK = 64 << 10, CT_INPUT = 16 << 10, CT_FRAME = 8 };

enum ct_client_state { CT_CLIENT_FREE = 0, CT_CLIENT_ASKS, CT_CLIENT_ATTACHED, CT_CLIENT_STARTS, CT_CLIENT_WAITS };
enum { CT_ATTACH_STDIN = 1, CT_ATTACH_STDOUT = 2, CT_ATTACH_STDERR = 4 };

struct ct_client {
  int fd;
  uint8_t state, flags;
  uint32_t events; /* what epoll watches */
  uint32_t sent; /* of the chunk in flight */
  bool behind; /* has not taken the whole chunk */
  bool no_input; /* has half-closed */
  bool parked; /* gone, with input that waits to be read: not in epoll, which would report it for ever */
};

struct ct_source {
  int fd; /* -1: ended */
  bool watched; /* in epoll */
};

struct ct_supervisor {
  const struct ct_plan *plan;
  struct ct_process process;
  int epoll, listener, oom;
  uint64_t oom_before;
  struct ct_source outputs[2];
  bool watches_input, input_ends;
  struct ct_client clients[CT_MAX_CLIENTS];
  uint32_t behind; /* clients that have not taken the chunk */
  int stream; /* of the chunk */
  uint32_t chunk_size; /* with its frame */
  uint32_t input_size, input_sent;
  bool exited, recorded;
  int64_t quiet_at, record_at; /* monotonic milliseconds: when to stop waiting for output, for clients */
  struct ct_exit exit;
  struct ct_log log;
  uint8_t chunk[CT_FRAME + CT_CHUNK];
  uint8_t input[CT_INPUT];
};

/* What an epoll event is about; clients follow behind. */
enum ct_tag { CT_TAG_LISTENER, CT_TAG_PROCESS, CT_TAG_SYNC, CT_TAG_STDOUT, CT_TAG_STDERR, CT_TAG_INPUT, CT_TAG_CLIENT };

/* Opens log, counter and socket; 0 or an errno. Everything of the supervisor is zero before. */
int ct_supervise_open(struct ct_supervisor *s, const struct ct_plan *plan);
/* Removes the socket, for a launch that failed. */
void ct_supervise_abandon(struct ct_supervisor *s);
/* Supervises the process to its end and exits. */
_Noreturn void ct_supervise(struct ct_supervisor *s);

/* supervise.c, for clients: */
void ct_watch(struct ct_supervisor *s, int fd, uint32_t tag, uint32_t events);
void ct_rewatch(struct ct_supervisor *s, int fd, uint32_t tag, uint32_t events);
void ct_unwatch(struct ct_supervisor *s, int fd);
/* Takes up reading output again when no client is behind. */
void ct_chunk_taken(struct ct_supervisor *s);
void ct_input_flush(struct ct_supervisor *s);
/* Closes the process's stdin once it has taken what came before; a terminal has no end of input. */
void ct_input_end(struct ct_supervisor *s);

/* client.c: */
void ct_client_accept(struct ct_supervisor *s);
void ct_client_event(struct ct_supervisor *s, struct ct_client *client, uint32_t events);
/* Gives the chunk to everybody who attached to its stream. */
void ct_clients_offer(struct ct_supervisor *s);
/* Lets clients send input, or stops them. */
void ct_clients_input(struct ct_supervisor *s);
/* Answers who started with how exec went. */
void ct_clients_started(struct ct_supervisor *s, const struct ct_report *report);
/* Answers who waits. */
void ct_clients_exited(struct ct_supervisor *s);

#endif
