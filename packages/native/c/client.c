/* Clients of the supervisor's socket: a request of 8 bytes, then what it asks for. */
#include "supervise.h"

#include <sys/pidfd.h>

enum { request_size = 8 };

static void drop(struct ct_supervisor *s, struct ct_client *client) {
  bool was_behind = client->behind, had_input = client->state == CT_CLIENT_ATTACHED && (client->flags & CT_ATTACH_STDIN);
  close(client->fd);
  *client = (struct ct_client){.fd = -1};
  if (was_behind) ct_chunk_taken(s);
  if (had_input && s->plan->stdin_once) ct_input_end(s);
}

static void answer(struct ct_supervisor *s, struct ct_client *client, const void *data, size_t size) {
  (void)!send(client->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT); /* a fresh socket has room for so little */
  drop(s, client);
}

static void answer_report(struct ct_supervisor *s, struct ct_client *client, int error) {
  struct ct_report report = {.kind = CT_REPORT_OK, .error = error, .value = (uint32_t)s->pid};
  if (error != 0) report.kind = CT_REPORT_FAILED, report.stage = CT_STAGE_CONTROL;
  answer(s, client, &report, sizeof report);
}

static void answer_exit(struct ct_supervisor *s, struct ct_client *client) {
  char text[CT_RECORD_SIZE];
  ct_exit_text(&s->exit, text);
  answer(s, client, text, strlen(text));
}

static bool has_input(const struct ct_client *client) {
  return client->state == CT_CLIENT_ATTACHED && (client->flags & CT_ATTACH_STDIN) && !client->no_input;
}

static bool wants_chunk(const struct ct_supervisor *s, const struct ct_client *client) {
  uint8_t flag = s->stream == CT_STDOUT ? CT_ATTACH_STDOUT : CT_ATTACH_STDERR;
  return client->state == CT_CLIENT_ATTACHED && (client->flags & flag);
}

/* Sends what is left of the chunk. A client that is gone may have left input to be read. */
static void send_chunk(struct ct_supervisor *s, struct ct_client *client) {
  while (client->sent < s->chunk_size) {
    ssize_t n = CT_RETRY(send(client->fd, s->chunk + client->sent, s->chunk_size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT));
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0 && !has_input(client)) return drop(s, client);
    if (n < 0) client->flags = CT_ATTACH_STDIN;
    if (n < 0) break;
    client->sent += (uint32_t)n;
  }
  client->behind = false;
  ct_chunk_taken(s);
}

void ct_clients_offer(struct ct_supervisor *s) {
  for (struct ct_client *client = s->clients; client < s->clients + CT_MAX_CLIENTS; client++) {
    if (!wants_chunk(s, client)) continue;
    client->sent = s->is_terminal ? CT_FRAME : 0;
    client->behind = true;
    s->behind++;
    send_chunk(s, client);
  }
}

void ct_clients_started(struct ct_supervisor *s, const struct ct_report *report) {
  for (struct ct_client *client = s->clients; client < s->clients + CT_MAX_CLIENTS; client++) {
    if (client->state == CT_CLIENT_STARTS) answer(s, client, report, sizeof *report);
  }
}

void ct_clients_exited(struct ct_supervisor *s) {
  for (struct ct_client *client = s->clients; client < s->clients + CT_MAX_CLIENTS; client++) {
    if (client->state == CT_CLIENT_WAITS) answer_exit(s, client);
  }
}

static void start(struct ct_supervisor *s, struct ct_client *client) {
  if (!s->held || s->exit.started_ns != 0) return answer_report(s, client, EALREADY);
  s->exit.started_ns = ct_now_ns();
  client->state = CT_CLIENT_STARTS;
  if (ct_write_all(s->sync, "g", 1) != 0) answer_report(s, client, errno);
}

static void attach(struct ct_supervisor *s, struct ct_client *client, uint8_t flags) {
  if (send(client->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1 || s->exited) return drop(s, client);
  client->state = CT_CLIENT_ATTACHED;
  client->flags = flags;
}

static int resize(struct ct_supervisor *s, uint16_t rows, uint16_t columns) {
  const struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (!s->is_terminal || s->outputs[0] < 0) return ENOTTY;
  return ioctl(s->outputs[0], TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

static int signal_process(struct ct_supervisor *s, uint16_t number) {
  if (s->exited) return ESRCH;
  return pidfd_send_signal(s->pidfd, number, NULL, 0) == 0 ? 0 : errno;
}

static void ask(struct ct_supervisor *s, struct ct_client *client) {
  uint8_t request[request_size];
  ssize_t n = CT_RETRY(recv(client->fd, request, sizeof request, MSG_PEEK | MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  if (n < request_size) return drop(s, client); /* requests are sent whole */
  (void)!recv(client->fd, request, sizeof request, MSG_DONTWAIT);
  struct ct_reader r = ct_reader_of(request, sizeof request);
  uint8_t verb = ct_u8(&r), flags = ct_u8(&r);
  uint16_t rows = ct_u16(&r), columns = ct_u16(&r), number = ct_u16(&r);
  client->state = CT_CLIENT_WAITS;
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

/* When nothing comes any more, the client has half-closed, or closed. */
static void read_input(struct ct_supervisor *s, struct ct_client *client, bool gone) {
  ssize_t n = CT_RETRY(recv(client->fd, s->pending, sizeof s->pending, MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0 || (n == 0 && gone)) return drop(s, client);
  client->no_input = n == 0;
  s->pending_size = (uint32_t)n;
  if (n == 0) ct_input_end(s);
  else ct_input_flush(s);
}

/* One whose input must wait is left out: when it is gone, poll would report that for ever. */
struct pollfd ct_client_poll(const struct ct_supervisor *s, const struct ct_client *client) {
  bool waits = has_input(client) && s->pending_size > 0;
  bool reads = client->state == CT_CLIENT_ASKS || (has_input(client) && !waits);
  bool ignored = client->state == CT_CLIENT_FREE || (waits && !client->behind);
  short events = (short)((reads ? POLLIN : 0) | (client->behind ? POLLOUT : 0));
  return (struct pollfd){.fd = ignored ? -1 : client->fd, .events = events};
}

void ct_client_event(struct ct_supervisor *s, struct ct_client *client, short events) {
  bool gone = events & (POLLHUP | POLLERR);
  if (client->state == CT_CLIENT_ASKS) return ask(s, client);
  if (client->behind) send_chunk(s, client);
  if (has_input(client) && s->pending_size == 0) read_input(s, client, gone);
  else if (gone && !has_input(client) && client->state != CT_CLIENT_FREE) drop(s, client);
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
    *client = (struct ct_client){.fd = fd, .state = CT_CLIENT_ASKS};
    ask(s, client);
  }
}
