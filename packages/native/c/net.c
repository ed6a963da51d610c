/* The verb `net`: sends netlink messages, as they are, and passes the answers on. What they mean is TypeScript's. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "report.h"
#include "verbs.h"
#include "wire.h"

enum { OP_NAMESPACE = 1, OP_SEND = 2 };
enum { RECEIVE_BYTES = 256 << 10, SOCKET_BYTES = 4 << 20, MAX_PROTOCOL = 32 };

/* What one operation waits for. */
struct exchange {
  uint32_t answers; /* acknowledgements, or ends of dumps, still to come */
  struct ct_bytes ignored; /* errno values (i32) that count as success */
};

static int fail(int error) {
  errno = error;
  return -1;
}

static int enter(const char *path, int *sockets) {
  int namespace = open(path, O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0) return -1;
  close(namespace);
  for (int i = 0; i < MAX_PROTOCOL; i++) {
    if (sockets[i] >= 0) close(sockets[i]);
    sockets[i] = -1;
  }
  return 0;
}

static int open_socket(int protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  int on = 1, size = SOCKET_BYTES;
  /* Wishes: explanations in errors, no echo of the request in them, room for long batches. */
  (void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  return fd;
}

static bool is_ignored(const struct exchange *exchange, int error) {
  struct ct_reader list = ct_reader_of(exchange->ignored.at, exchange->ignored.length);
  while (list.at != list.end)
    if ((int)ct_u32(&list) == error) return true;
  return false;
}

/* One message of an answer. An error is passed on, too: it may carry the kernel's explanation. */
static int take_message(struct exchange *exchange, const struct nlmsghdr *message) {
  bool ends = message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE;
  int32_t code = 0;
  if (ends && message->nlmsg_len >= NLMSG_LENGTH(sizeof code)) memcpy(&code, NLMSG_DATA(message), sizeof code);
  if (ends && exchange->answers > 0) exchange->answers--;
  if (ends && (code >= 0 || is_ignored(exchange, -code))) return 0;
  int error = ct_write_all(STDOUT_FILENO, message, NLMSG_ALIGN(message->nlmsg_len));
  if (error != 0) return fail(error);
  return code < 0 ? fail(-code) : 0;
}

static int receive(int fd, struct exchange *exchange) {
  static _Alignas(struct nlmsghdr) uint8_t buffer[RECEIVE_BYTES];
  while (exchange->answers > 0) {
    struct iovec part = {.iov_base = buffer, .iov_len = sizeof buffer};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t count = CT_RETRY(recvmsg(fd, &packet, 0));
    if (count < 0) return -1;
    if (packet.msg_flags & MSG_TRUNC) return fail(EMSGSIZE);
    uint32_t left = (uint32_t)count;
    for (struct nlmsghdr *message = (struct nlmsghdr *)(void *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
      if (take_message(exchange, message) < 0) return -1;
  }
  return 0;
}

static int send_messages(struct ct_reader *body, int *sockets) {
  uint32_t protocol = ct_u32(body);
  struct exchange exchange = {.answers = ct_u32(body)};
  exchange.ignored = ct_array_of(body, sizeof(int32_t));
  struct ct_bytes messages = ct_bytes_of(body);
  if (!ct_done(body) || protocol >= MAX_PROTOCOL) return fail(EBADMSG);
  if (sockets[protocol] < 0) sockets[protocol] = open_socket((int)protocol);
  int fd = sockets[protocol];
  if (fd < 0) return -1;
  ssize_t sent = CT_RETRY(send(fd, messages.at, messages.length, 0));
  if (sent < 0) return -1;
  if ((uint32_t)sent != messages.length) return fail(EMSGSIZE);
  return receive(fd, &exchange);
}

static int execute(struct ct_op *op, int *sockets) {
  if (op->code == OP_SEND) return send_messages(&op->body, sockets);
  if (op->code != OP_NAMESPACE) return fail(EBADMSG);
  const char *path = ct_string(&op->body);
  return ct_done(&op->body) ? enter(path, sockets) : fail(EBADMSG);
}

int ct_verb_net(int argc, char **argv) {
  (void)argc, (void)argv;
  int sockets[MAX_PROTOCOL];
  struct ct_reader message;
  struct ct_op op = {0};
  uint32_t next = 0;
  for (int i = 0; i < MAX_PROTOCOL; i++) sockets[i] = -1;
  int error = ct_message_read(STDIN_FILENO, &message);
  if (error != 0) ct_fail(CT_STATUS_FD, CT_STAGE_PLAN, 0, error);
  while (ct_next_op(&message, &next, &op))
    if (execute(&op, sockets) < 0) ct_fail(CT_STATUS_FD, CT_STAGE_NET, op.index, errno);
  if (!ct_done(&message)) ct_fail(CT_STATUS_FD, CT_STAGE_PLAN, next, EBADMSG);
  ct_report_send(CT_STATUS_FD, &(struct ct_report){.kind = CT_REPORT_OK, .index = next});
  return 0;
}
