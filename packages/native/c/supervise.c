#include "supervise.h"

enum {
  quiet_ms = 100, /* how long output may pause after the end, when somebody else still holds its pipe */
  record_ms = 3000, /* how long clients that do not read may delay the exit record */
};

/* What is polled; clients follow behind. */
enum slot { slot_listener, slot_process, slot_sync, slot_stdout, slot_stderr, slot_input, slot_client };

static int64_t now_ms(void) { return ct_now_ns(CLOCK_MONOTONIC) / 1000000; }

static void close_output(struct ct_supervisor *s, int stream) {
  if (s->outputs[stream] < 0) return;
  ct_close(&s->outputs[stream]); /* of a terminal: input goes with it */
  if (s->is_terminal) s->input = -1;
  ct_log_end(&s->log, stream);
}

/* Reads one chunk and gives it to the log and to all clients. */
static void read_output(struct ct_supervisor *s, int stream) {
  if (s->behind > 0 || s->outputs[stream] < 0) return;
  ssize_t n = CT_RETRY(read(s->outputs[stream], s->chunk + CT_FRAME, CT_CHUNK));
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    close_output(s, stream);
    return;
  }
  const uint8_t frame[CT_FRAME] = {(uint8_t)(stream + 1), 0, 0, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
  memcpy(s->chunk, frame, sizeof frame);
  s->stream = stream;
  s->chunk_size = CT_FRAME + (uint32_t)n;
  ct_log_write(&s->log, stream, s->chunk + CT_FRAME, (size_t)n);
  ct_clients_offer(s);
  if (s->exited) s->quiet_at = now_ms() + quiet_ms;
}

void ct_chunk_taken(struct ct_supervisor *s) {
  if (--s->behind == 0 && s->exited) s->quiet_at = now_ms() + quiet_ms;
}

static void close_input(struct ct_supervisor *s) {
  s->pending_size = s->pending_sent = 0;
  if (!s->is_terminal) ct_close(&s->input);
}

void ct_input_end(struct ct_supervisor *s) {
  if (s->pending_size > 0) s->input_ends = true;
  else close_input(s);
}

void ct_input_flush(struct ct_supervisor *s) {
  while (s->pending_sent < s->pending_size && s->input >= 0) {
    ssize_t n = CT_RETRY(write(s->input, s->pending + s->pending_sent, s->pending_size - s->pending_sent));
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) close_input(s); /* EPIPE: nobody reads any more */
    else s->pending_sent += (uint32_t)n;
  }
  if (s->input < 0 || s->pending_sent == s->pending_size) s->pending_size = s->pending_sent = 0;
  if (s->input_ends && s->pending_size == 0) close_input(s);
}

/* How exec went, when the process was held before. */
static void read_sync(struct ct_supervisor *s) {
  struct ct_report report;
  int fds[2];
  ssize_t size = ct_receive_fds(s->sync, &report, sizeof report, fds);
  if (size == sizeof report && report.kind == CT_REPORT_EXECUTING) {
    s->held = false;
    return;
  }
  if (size <= 0) {
    report = (struct ct_report){.kind = CT_REPORT_OK, .value = (uint32_t)s->pid};
    if (s->held) report = (struct ct_report){.kind = CT_REPORT_FAILED, .stage = CT_STAGE_LOST, .error = ECHILD};
  }
  ct_close(&s->sync);
  ct_clients_answer(s, CT_CLIENT_STARTS, &report, sizeof report);
}

static void note_exit(struct ct_supervisor *s) {
  siginfo_t info = {0};
  if (CT_RETRY(waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED | WNOHANG)) != 0 || info.si_pid == 0) return;
  bool killed = info.si_code != CLD_EXITED;
  s->exited_ns = ct_now_ns(CLOCK_REALTIME);
  s->exit_signal = killed ? info.si_status : 0;
  s->exit_code = killed ? 128 + info.si_status : info.si_status;
  s->oom_killed = s->oom >= 0 && ct_counter(s->oom, s->plan->oom_key) > s->oom_before;
  s->exited = true;
  s->quiet_at = now_ms() + quiet_ms;
  s->record_at = now_ms() + record_ms;
  while (s->sync >= 0) read_sync(s); /* why it ended is told before that it ended */
  ct_close(&s->slave);
}

static void write_record(struct ct_supervisor *s) {
  long long started = s->started_ns, exited = s->exited_ns;
  snprintf(s->record, sizeof s->record, "ct-exit 1 %d %d %d %lld %lld\n", s->exit_code, s->exit_signal, s->oom_killed, started, exited);
  s->recorded = true;
  if (*s->plan->exit_path != 0) (void)ct_record_write(s->plan->exit_path, s->record);
  ct_clients_answer(s, CT_CLIENT_WAITS, s->record, strlen(s->record));
}

/* After the end: the rest of the output, the record, the clients that are behind. True when nothing is left to do. */
static bool finish(struct ct_supervisor *s) {
  int64_t now = now_ms();
  if (s->behind == 0 && now >= s->quiet_at) {
    close_output(s, 0);
    close_output(s, 1);
  }
  bool drained = s->behind == 0 && s->outputs[0] < 0 && s->outputs[1] < 0;
  if (!s->recorded && (drained || now >= s->record_at)) write_record(s);
  if (!drained) return false;
  if (s->listener >= 0) unlink(s->plan->socket_path);
  ct_client_accept(s); /* who connected meanwhile is answered, too */
  return true;
}

static int timeout(const struct ct_supervisor *s) {
  if (!s->exited) return -1;
  int64_t at = s->behind == 0 ? s->quiet_at : s->recorded ? INT64_MAX : s->record_at, now = now_ms();
  return at == INT64_MAX ? -1 : at <= now ? 0 : (int)(at - now);
}

/* Output waits for clients that are behind; for input there must be something to send. */
static void list_slots(const struct ct_supervisor *s, struct pollfd slots[slot_client + CT_MAX_CLIENTS]) {
  const struct pollfd own[slot_client] = {
      [slot_listener] = {.fd = s->listener, .events = POLLIN},
      [slot_process] = {.fd = s->exited ? -1 : s->pidfd, .events = POLLIN},
      [slot_sync] = {.fd = s->sync, .events = POLLIN},
      [slot_stdout] = {.fd = s->behind > 0 ? -1 : s->outputs[0], .events = POLLIN},
      [slot_stderr] = {.fd = s->behind > 0 ? -1 : s->outputs[1], .events = POLLIN},
      [slot_input] = {.fd = s->pending_size == 0 ? -1 : s->input, .events = POLLOUT},
  };
  memcpy(slots, own, sizeof own);
  for (int i = 0; i < CT_MAX_CLIENTS; i++) slots[slot_client + i] = ct_client_poll(s, &s->clients[i]);
}

static void dispatch(struct ct_supervisor *s, int slot, short events) {
  switch (slot) {
  case slot_listener: ct_client_accept(s); break;
  case slot_process: note_exit(s); break;
  case slot_sync: read_sync(s); break;
  case slot_stdout:
  case slot_stderr: read_output(s, slot - slot_stdout); break;
  case slot_input: ct_input_flush(s); break;
  default: ct_client_event(s, &s->clients[slot - slot_client], events);
  }
}

static int address_of(struct sockaddr_un *address, const char *path) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address->sun_path) return ct_error(ENAMETOOLONG);
  strcpy(address->sun_path, path);
  return 0;
}

int ct_send_to(const char *path, const void *data, size_t size, int fd) {
  struct sockaddr_un address;
  CT_CLOSES int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (to < 0 || address_of(&address, path) != 0 || connect(to, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  return ct_send_fds(to, data, size, &fd, 1);
}

int ct_listen(const char *path) {
  struct sockaddr_un address;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || address_of(&address, path) != 0 || (unlink(path) != 0 && errno != ENOENT)) return -1;
  mode_t mask = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  return result == 0 && listen(fd, 128) == 0 ? fd : -1;
}

int ct_supervise_open(struct ct_supervisor *s) {
  const struct ct_plan *plan = s->plan;
  s->listener = s->oom = -1;
  if (ct_log_open(&s->log, plan->log_path) != 0) return -1;
  if (*plan->oom_path != 0 && (s->oom = open(plan->oom_path, O_RDONLY | O_CLOEXEC)) < 0) return -1;
  s->oom_before = ct_counter(s->oom, plan->oom_key);
  if (*plan->socket_path != 0 && (s->listener = ct_listen(plan->socket_path)) < 0) return -1;
  return 0;
}

void ct_supervise(struct ct_supervisor *s) {
  enum { count = slot_client + CT_MAX_CLIENTS };
  struct pollfd slots[count];
  if (s->is_terminal) {
    fcntl(s->outputs[0], F_SETFL, O_RDWR | O_NONBLOCK);
    s->input = s->outputs[0];
  }
  for (;;) {
    list_slots(s, slots);
    int ready = poll(slots, count, timeout(s));
    for (int i = 0; ready > 0 && i < count; i++)
      if (slots[i].revents != 0) dispatch(s, i, slots[i].revents);
    if (s->exited && finish(s)) _exit(0);
  }
}
