/* Clients of the supervisor's socket: a request of 8 bytes, then what it asks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "io.h"
#include "supervise.h"

enum { request_size = 8 };

static uint32_t tag_of(struct ct_supervisor *s, struct ct_client *client) { return CT_TAG_CLIENT + (uint32_t)(client - s->clients); }

static void set_events(struct ct_supervisor *s, struct ct_client *client, uint32_t events) {
  if (client->events == events || client->parked) return;
  client->events = events;
  ct_rewatch(s, client->fd, tag_of(s, client), events);
}

static void drop(struct ct_supervisor *s, struct ct_client *client) {
  bool was_behind = client->behind, had_input = client->state == CT_CLIENT_ATTACHED && (client->flags & CT_ATTACH_STDIN);
  close(client->fd);
  *client = (struct ct_client){.fd = -1};
  if (was_behind && --s->behind == 0) ct_chunk_taken(s);
  if (had_input && s->plan->stdin_once) ct_input_end(s);
}

static void answer(struct ct_supervisor *s, struct ct_client *client, const void *data, size_t size) {
  (void)!send(client->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT); /* a fresh socket has room for so little */
  drop(s, client);
}

static void answer_report(struct ct_supervisor *s, struct ct_client *client, int error) {
  const struct ct_report report = {
      .kind = error == 0 ? CT_REPORT_OK : CT_REPORT_FAILED,
      .stage = error == 0 ? CT_STAGE_NONE : CT_STAGE_CONTROL,
      .error = error,
      .value = (uint32_t)s->process.pid,
  };
  answer(s, client, &report, sizeof report);
}

static void answer_exit(struct ct_supervisor *s, struct ct_client *client) {
  char text[CT_RECORD_SIZE];
  size_t size = ct_exit_text(&s->exit, text);
  answer(s, client, text, size);
}

/* Which input events an attached client is watched for. */
static uint32_t input_events(const struct ct_supervisor *s, const struct ct_client *client) {
  bool reads = (client->flags & CT_ATTACH_STDIN) && !client->no_input && s->input_size == 0;
  return reads ? EPOLLIN | EPOLLRDHUP : 0;
}

static bool wants_chunk(const struct ct_supervisor *s, const struct ct_client *client) {
  uint8_t flag = s->stream == CT_STDOUT ? CT_ATTACH_STDOUT : CT_ATTACH_STDERR;
  return client->state == CT_CLIENT_ATTACHED && (client->flags & flag);
}

/* Sends what is left of the chunk. */
static void send_chunk(struct ct_supervisor *s, struct ct_client *client) {
  while (client->sent < s->chunk_size) {
    ssize_t n = CT_RETRY(send(client->fd, s->chunk + client->sent, s->chunk_size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT));
    if (n < 0 && errno == EAGAIN) {
      set_events(s, client, EPOLLOUT | input_events(s, client));
      return;
    }
    if (n < 0) {
      drop(s, client);
      return;
    }
    client->sent += (uint32_t)n;
  }
  client->behind = false;
  set_events(s, client, input_events(s, client));
  if (--s->behind == 0) ct_chunk_taken(s);
}

void ct_clients_offer(struct ct_supervisor *s) {
  for (int i = 0; i < CT_MAX_CLIENTS; i++) {
    struct ct_client *client = &s->clients[i];
    if (!wants_chunk(s, client)) continue;
    client->sent = s->process.is_terminal ? CT_FRAME : 0;
    client->behind = true;
    s->behind++;
    send_chunk(s, client);
  }
}

void ct_clients_input(struct ct_supervisor *s) {
  for (int i = 0; i < CT_MAX_CLIENTS; i++) {
    struct ct_client *client = &s->clients[i];
    if (client->parked && s->input_size == 0) {
      client->parked = false;
      ct_watch(s, client->fd, tag_of(s, client), client->events = input_events(s, client));
    }
    if (client->state == CT_CLIENT_ATTACHED) set_events(s, client, input_events(s, client) | (client->behind ? EPOLLOUT : 0));
  }
}

void ct_clients_started(struct ct_supervisor *s, const struct ct_report *report) {
  for (int i = 0; i < CT_MAX_CLIENTS; i++) {
    if (s->clients[i].state == CT_CLIENT_STARTS) answer(s, &s->clients[i], report, sizeof *report);
  }
}

void ct_clients_exited(struct ct_supervisor *s) {
  for (int i = 0; i < CT_MAX_CLIENTS; i++) {
    if (s->clients[i].state == CT_CLIENT_WAITS) answer_exit(s, &s->clients[i]);
  }
}

static void start(struct ct_supervisor *s, struct ct_client *client) {
  if (!s->process.held || s->exit.started_ns != 0) {
    answer_report(s, client, EALREADY);
    return;
  }
  s->exit.started_ns = ct_now_ns();
  client->state = CT_CLIENT_STARTS;
  int error = ct_write_all(s->process.sync, "g", 1);
  if (error != 0) answer_report(s, client, error);
}

static void attach(struct ct_supervisor *s, struct ct_client *client, uint8_t flags) {
  if (send(client->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1 || s->exited) {
    drop(s, client);
    return;
  }
  client->state = CT_CLIENT_ATTACHED;
  client->flags = flags;
  set_events(s, client, input_events(s, client));
}

static int resize(struct ct_supervisor *s, uint16_t rows, uint16_t columns) {
  const struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (!s->process.is_terminal || s->outputs[0].fd < 0) return ENOTTY;
  return ioctl(s->outputs[0].fd, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

static int signal_process(struct ct_supervisor *s, uint16_t number) {
  if (s->exited) return ESRCH;
  return pidfd_send_signal(s->process.pidfd, number, NULL, 0) == 0 ? 0 : errno;
}

static void ask(struct ct_supervisor *s, struct ct_client *client) {
  uint8_t request[request_size];
  ssize_t n = CT_RETRY(recv(client->fd, request, sizeof request, MSG_PEEK | MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  if (n < request_size) { /* requests are sent whole */
    drop(s, client);
    return;
  }
  (void)!recv(client->fd, request, sizeof request, MSG_DONTWAIT);
  struct ct_reader r = ct_reader_of(request, sizeof request);
  uint8_t verb = ct_u8(&r), flags = ct_u8(&r);
  uint16_t rows = ct_u16(&r), columns = ct_u16(&r), number = ct_u16(&r);
  client->state = CT_CLIENT_WAITS;
  set_events(s, client, 0);
  switch (verb) {
  case 'S': start(s, client); break;
  case 'A': attach(s, client, flags); break;
  case 'R': answer_report(s, client, resize(s, rows, columns)); break;
  case 'K': answer_report(s, client, signal_process(s, number)); break;
  case 'W':
    if (s->recorded) answer_exit(s, client);
    break;
  default: answer_report(s, client, EINVAL);
  }
}

/* The client has half-closed, or closed. */
static void end_input(struct ct_supervisor *s, struct ct_client *client, bool gone) {
  client->no_input = true;
  if (!gone) {
    ct_input_end(s);
    set_events(s, client, client->behind ? EPOLLOUT : 0);
  } else {
    drop(s, client);
  }
}

/* Takes a client that is gone out of epoll until its last input can be read. */
static void park(struct ct_supervisor *s, struct ct_client *client) {
  ct_unwatch(s, client->fd);
  client->parked = true;
  client->flags &= CT_ATTACH_STDIN;
  if (client->behind && --s->behind == 0) ct_chunk_taken(s);
  client->behind = false;
}

static void read_input(struct ct_supervisor *s, struct ct_client *client, bool gone) {
  if (s->input_size > 0) return;
  ssize_t n = CT_RETRY(recv(client->fd, s->input, sizeof s->input, MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) drop(s, client);
  else if (n == 0) end_input(s, client, gone);
  else {
    s->input_size = (uint32_t)n;
    ct_input_flush(s);
  }
}

void ct_client_event(struct ct_supervisor *s, struct ct_client *client, uint32_t events) {
  bool gone = events & (EPOLLHUP | EPOLLERR);
  switch (client->state) {
  case CT_CLIENT_ASKS: ask(s, client); return;
  case CT_CLIENT_STARTS:
  case CT_CLIENT_WAITS:
    if (gone) drop(s, client);
    return;
  case CT_CLIENT_ATTACHED:
    if ((events & EPOLLOUT) && client->behind) send_chunk(s, client);
    if (client->state != CT_CLIENT_ATTACHED || !(events & ~(uint32_t)EPOLLOUT)) return;
    if (input_events(s, client) != 0) read_input(s, client, gone);
    else if (gone && (client->flags & CT_ATTACH_STDIN) && !client->no_input) park(s, client);
    else if (gone) drop(s, client);
    return;
  default: return;
  }
}

void ct_client_accept(struct ct_supervisor *s) {
  while (s->listener >= 0) {
    int fd = CT_RETRY(accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd < 0) return;
    struct ct_client *client = s->clients;
    while (client < s->clients + CT_MAX_CLIENTS && client->state != CT_CLIENT_FREE) client++;
    if (client == s->clients + CT_MAX_CLIENTS) {
      close(fd);
      continue;
    }
    *client = (struct ct_client){.fd = fd, .state = CT_CLIENT_ASKS, .events = EPOLLIN};
    ct_watch(s, fd, tag_of(s, client), EPOLLIN);
    ask(s, client);
  }
}
