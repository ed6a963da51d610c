#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

enum {
  quiet_ms = 100, /* how long output may pause after the end, when somebody else still holds its pipe */
  record_ms = 3000, /* how long clients that do not read may delay the exit record */
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ct_watch(struct ct_supervisor *s, int fd, uint32_t tag, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = tag};
  epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

void ct_rewatch(struct ct_supervisor *s, int fd, uint32_t tag, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = tag};
  epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &event);
}

void ct_unwatch(struct ct_supervisor *s, int fd) { epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL); }

/* Sources that must wait are taken out of epoll, which reports the end of a pipe even when asked for nothing. */
static void watch_output(struct ct_supervisor *s, int stream, bool watches) {
  struct ct_source *source = &s->outputs[stream];
  if (source->fd < 0 || source->watched == watches) return;
  uint32_t input = s->process.is_terminal && s->watches_input ? EPOLLOUT : 0;
  if (watches) ct_watch(s, source->fd, CT_TAG_STDOUT + (uint32_t)stream, EPOLLIN | input);
  else ct_unwatch(s, source->fd);
  source->watched = watches;
}

static void close_output(struct ct_supervisor *s, int stream) {
  if (s->outputs[stream].fd < 0) return;
  close(s->outputs[stream].fd); /* of a terminal: input goes with it */
  if (s->process.is_terminal) s->process.in = -1;
  s->outputs[stream].fd = -1;
  ct_log_end(&s->log, stream);
}

/* Reads one chunk and gives it to the log and to all clients. */
static void read_output(struct ct_supervisor *s, int stream) {
  if (s->behind > 0 || s->outputs[stream].fd < 0) return;
  ssize_t n = CT_RETRY(read(s->outputs[stream].fd, s->chunk + CT_FRAME, CT_CHUNK));
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
  for (int i = 0; i < 2 && s->behind > 0; i++) watch_output(s, i, false);
}

void ct_chunk_taken(struct ct_supervisor *s) {
  for (int i = 0; i < 2; i++) watch_output(s, i, true);
  if (s->exited) s->quiet_at = now_ms() + quiet_ms;
}

static void close_input(struct ct_supervisor *s) {
  s->input_size = s->input_sent = 0;
  if (s->process.in < 0 || s->process.is_terminal) return;
  close(s->process.in);
  s->process.in = -1;
  s->watches_input = false;
}

void ct_input_end(struct ct_supervisor *s) {
  if (s->input_size > 0) s->input_ends = true;
  else close_input(s);
}

/* Watches for room, while there is something to send. */
static void watch_input(struct ct_supervisor *s, bool watches) {
  if (s->process.in < 0 || s->watches_input == watches) return;
  s->watches_input = watches;
  if (s->process.is_terminal) {
    if (s->outputs[0].watched) ct_rewatch(s, s->process.in, CT_TAG_STDOUT, EPOLLIN | (watches ? EPOLLOUT : 0));
  } else if (watches) {
    ct_watch(s, s->process.in, CT_TAG_INPUT, EPOLLOUT);
  } else {
    ct_unwatch(s, s->process.in);
  }
}

void ct_input_flush(struct ct_supervisor *s) {
  while (s->input_sent < s->input_size && s->process.in >= 0) {
    ssize_t n = CT_RETRY(write(s->process.in, s->input + s->input_sent, s->input_size - s->input_sent));
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) close_input(s); /* EPIPE: nobody reads any more */
    else s->input_sent += (uint32_t)n;
  }
  if (s->process.in < 0 || s->input_sent == s->input_size) s->input_size = s->input_sent = 0;
  watch_input(s, s->input_size > 0);
  if (s->input_ends && s->input_size == 0) close_input(s);
  ct_clients_input(s);
}

/* How exec went, when the process was held before. */
static void read_sync(struct ct_supervisor *s) {
  struct ct_report report;
  size_t size;
  int fds[2];
  int error = ct_receive_fds(s->process.sync, &report, sizeof report, &size, fds);
  if (error == 0 && size == sizeof report && report.kind == CT_REPORT_EXECUTING) {
    s->process.held = false;
    return;
  }
  if (error != 0 || size == 0) {
    report = (struct ct_report){.kind = CT_REPORT_OK, .value = (uint32_t)s->process.pid};
    if (s->process.held) report = (struct ct_report){.kind = CT_REPORT_FAILED, .stage = CT_STAGE_LOST, .error = ECHILD};
  }
  close(s->process.sync);
  s->process.sync = -1;
  ct_clients_started(s, &report);
}

static void note_exit(struct ct_supervisor *s) {
  siginfo_t info = {0};
  if (CT_RETRY(waitid(P_PIDFD, (id_t)s->process.pidfd, &info, WEXITED | WNOHANG)) != 0 || info.si_pid == 0) return;
  bool killed = info.si_code != CLD_EXITED;
  s->exit.exited_ns = ct_now_ns();
  s->exit.signal = killed ? info.si_status : 0;
  s->exit.code = killed ? 128 + info.si_status : info.si_status;
  s->exit.oom_killed = s->oom >= 0 && ct_counter(s->oom, s->plan->oom_key) > s->oom_before;
  s->exited = true;
  s->quiet_at = now_ms() + quiet_ms;
  s->record_at = now_ms() + record_ms;
  ct_unwatch(s, s->process.pidfd);
  while (s->process.sync >= 0) read_sync(s); /* why it ended is told before that it ended */
  if (s->process.slave >= 0) close(s->process.slave);
  s->process.slave = -1;
}

static void write_record(struct ct_supervisor *s) {
  char text[CT_RECORD_SIZE];
  s->recorded = true;
  if (*s->plan->exit_path != 0) (void)ct_record_write(s->plan->exit_path, text, ct_exit_text(&s->exit, text), true);
  ct_clients_exited(s);
}

static void remove_socket(struct ct_supervisor *s) {
  if (*s->plan->socket_path != 0) unlink(s->plan->socket_path);
}

/* After the end: the rest of the output, the record, the clients that are behind. True when nothing is left to do. */
static bool finish(struct ct_supervisor *s) {
  int64_t now = now_ms();
  if (s->behind == 0 && now >= s->quiet_at) {
    close_output(s, 0);
    close_output(s, 1);
  }
  bool drained = s->behind == 0 && s->outputs[0].fd < 0 && s->outputs[1].fd < 0;
  if (!s->recorded && (drained || now >= s->record_at)) write_record(s);
  if (!drained) return false;
  remove_socket(s);
  ct_client_accept(s); /* who connected meanwhile is answered, too */
  return true;
}

static int timeout(const struct ct_supervisor *s) {
  if (!s->exited) return -1;
  int64_t at = s->behind == 0 ? s->quiet_at : s->recorded ? INT64_MAX : s->record_at, now = now_ms();
  return at == INT64_MAX ? -1 : at <= now ? 0 : (int)(at - now);
}

static void dispatch(struct ct_supervisor *s, const struct epoll_event *event) {
  uint32_t tag = event->data.u32;
  switch (tag) {
  case CT_TAG_LISTENER: ct_client_accept(s); break;
  case CT_TAG_PROCESS: note_exit(s); break;
  case CT_TAG_SYNC: read_sync(s); break;
  case CT_TAG_STDOUT:
  case CT_TAG_STDERR:
    if (event->events & EPOLLOUT) ct_input_flush(s);
    if (event->events & ~(uint32_t)EPOLLOUT) read_output(s, (int)(tag - CT_TAG_STDOUT));
    break;
  case CT_TAG_INPUT: ct_input_flush(s); break;
  default: ct_client_event(s, &s->clients[tag - CT_TAG_CLIENT], event->events);
  }
}

static int open_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || (unlink(path) != 0 && errno != ENOENT)) return -1;
  mode_t mask = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  return result == 0 && listen(fd, 128) == 0 ? fd : -1;
}

int ct_supervise_open(struct ct_supervisor *s, const struct ct_plan *plan) {
  s->plan = plan;
  s->listener = s->epoll = s->oom = -1;
  int error = ct_log_open(&s->log, plan->log_path);
  if (error != 0) return error;
  if (*plan->oom_path != 0) {
    if ((s->oom = open(plan->oom_path, O_RDONLY | O_CLOEXEC)) < 0) return errno;
    s->oom_before = ct_counter(s->oom, plan->oom_key);
  }
  if (*plan->socket_path != 0 && (s->listener = open_socket(plan->socket_path)) < 0) return errno;
  return (s->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 ? errno : 0;
}

void ct_supervise_abandon(struct ct_supervisor *s) {
  if (s->listener >= 0) remove_socket(s);
}

static void watch_all(struct ct_supervisor *s) {
  struct ct_process *p = &s->process;
  s->outputs[0].fd = p->out;
  s->outputs[1].fd = p->err;
  if (p->is_terminal) {
    fcntl(p->out, F_SETFL, O_RDWR | O_NONBLOCK);
    p->in = p->out;
  }
  if (s->listener >= 0) ct_watch(s, s->listener, CT_TAG_LISTENER, EPOLLIN);
  ct_watch(s, p->pidfd, CT_TAG_PROCESS, EPOLLIN);
  if (p->held) ct_watch(s, p->sync, CT_TAG_SYNC, EPOLLIN);
  for (int i = 0; i < 2; i++) watch_output(s, i, true);
}

void ct_supervise(struct ct_supervisor *s) {
  struct epoll_event events[16];
  watch_all(s);
  for (;;) {
    int count = epoll_wait(s->epoll, events, 16, timeout(s));
    for (int i = 0; i < count; i++) dispatch(s, &events[i]);
    if (s->exited && finish(s)) _exit(0);
  }
}
