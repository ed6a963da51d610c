/* Clients of the supervisor's socket: a request of 8 bytes, then what it asks for. */
#include "supervise.h"

struct request {
  uint8_t verb, flags;
  uint16_t rows, columns, signal;
};

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

/* Answers with what a call gave: 0, or -1 and errno. */
static void answer_result(struct ct_supervisor *s, struct ct_client *client, int result) {
  int error = result == 0 ? 0 : errno;
  struct ct_report report = {.kind = CT_REPORT_OK, .error = error, .value = (uint32_t)s->pid};
  if (error != 0) report.kind = CT_REPORT_FAILED, report.stage = CT_STAGE_CONTROL;
  answer(s, client, &report, sizeof report);
}

static bool has_input(const struct ct_client *client) {
  return client->state == CT_CLIENT_ATTACHED && (client->flags & CT_ATTACH_STDIN) && !client->no_input;
}

/* Sends what is left of the chunk. A client that is gone may have left input to be read. */
static void send_chunk(struct ct_supervisor *s, struct ct_client *client) {
  while (client->sent < s->chunk_size) {
    ssize_t n = CT_RETRY(send(client->fd, s->chunk + client->sent, s->chunk_size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT));
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) break;
    client->sent += (uint32_t)n;
  }
  bool gone = client->sent < s->chunk_size;
  client->behind = false;
  ct_chunk_taken(s);
  if (gone && has_input(client)) client->flags = CT_ATTACH_STDIN;
  else if (gone) drop(s, client);
}

void ct_clients_offer(struct ct_supervisor *s) {
  uint8_t flag = s->stream == CT_STDOUT ? CT_ATTACH_STDOUT : CT_ATTACH_STDERR;
  for (struct ct_client *client = s->clients; client < s->clients + CT_MAX_CLIENTS; client++) {
    if (client->state != CT_CLIENT_ATTACHED || !(client->flags & flag)) continue;
    client->sent = s->is_terminal ? CT_FRAME : 0;
    client->behind = true;
    s->behind++;
    send_chunk(s, client);
  }
}

void ct_clients_answer(struct ct_supervisor *s, enum ct_client_state state, const void *data, size_t size) {
  for (struct ct_client *client = s->clients; client < s->clients + CT_MAX_CLIENTS; client++)
    if (client->state == state) answer(s, client, data, size);
}

static void start(struct ct_supervisor *s, struct ct_client *client) {
  bool mayStart = s->held && s->started_ns == 0;
  if (mayStart) s->started_ns = ct_now_ns(CLOCK_REALTIME);
  if (!mayStart) answer_result(s, client, ct_error(EALREADY));
  else if (ct_write_all(s->sync, "g", 1) != 0) answer_result(s, client, -1);
  else client->state = CT_CLIENT_STARTS;
}

static void attach(struct ct_supervisor *s, struct ct_client *client, uint8_t flags) {
  if (send(client->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1 || s->exited) drop(s, client);
  else *client = (struct ct_client){.fd = client->fd, .state = CT_CLIENT_ATTACHED, .flags = flags};
}

static int resize(struct ct_supervisor *s, uint16_t rows, uint16_t columns) {
  const struct winsize size = {.ws_row = rows, .ws_col = columns};
  return s->is_terminal && s->outputs[0] >= 0 ? ioctl(s->outputs[0], TIOCSWINSZ, &size) : ct_error(ENOTTY);
}

static void ask(struct ct_supervisor *s, struct ct_client *client) {
  struct request request = {0};
  ssize_t n = CT_RETRY(recv(client->fd, &request, sizeof request, MSG_PEEK | MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  (void)!recv(client->fd, &request, sizeof request, MSG_DONTWAIT);
  if (n < (ssize_t)sizeof request) request.verb = 0; /* requests are sent whole */
  client->state = CT_CLIENT_WAITS;
  switch (request.verb) {
  case 'S': start(s, client); break;
  case 'A': attach(s, client, request.flags); break;
  case 'R': answer_result(s, client, resize(s, request.rows, request.columns)); break;
  case 'K': answer_result(s, client, pidfd_send_signal(s->pidfd, request.signal, NULL, 0)); break;
  case 'W':
    if (s->recorded) answer(s, client, s->record, strlen(s->record));
    break;
  default: answer_result(s, client, ct_error(EINVAL));
  }
}

/* When nothing comes any more, the client has half-closed, or closed. */
static void read_input(struct ct_supervisor *s, struct ct_client *client, bool gone) {
  ssize_t n = CT_RETRY(recv(client->fd, s->pending, sizeof s->pending, MSG_DONTWAIT));
  if (n < 0 && errno == EAGAIN) return;
  client->no_input = n <= 0;
  s->pending_size = n > 0 ? (uint32_t)n : 0;
  if (n > 0) ct_input_flush(s);
  else if (n < 0 || gone) drop(s, client);
  else ct_input_end(s);
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
  if (client->behind) send_chunk(s, client);
  if (client->state == CT_CLIENT_ASKS) ask(s, client);
  else if (has_input(client) && s->pending_size == 0) read_input(s, client, gone);
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
