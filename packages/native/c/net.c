/* The verb `net`: sends netlink messages, as they are, and passes the answers on. What they mean is TypeScript's. */
#include "wire.h"
#include <linux/netlink.h>

enum { op_namespace = 1, op_send = 2 };
enum { receive_bytes = 256 << 10, socket_bytes = 4 << 20, max_protocol = 32 };

/* What one operation waits for. */
struct exchange {
  uint32_t answers; /* acknowledgements, or ends of dumps, still to come */
  struct ct_bytes ignored; /* errno values (i32) that count as success */
};

static int open_socket(int protocol) {
  int on = 1, size = socket_bytes, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
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
  if (ct_write_all(STDOUT_FILENO, message, NLMSG_ALIGN(message->nlmsg_len)) < 0) return -1;
  return code < 0 ? ct_error(-code) : 0;
}

static int receive(int fd, struct exchange *exchange) {
  static _Alignas(struct nlmsghdr) uint8_t buffer[receive_bytes];
  while (exchange->answers > 0) {
    struct iovec part = {.iov_base = buffer, .iov_len = sizeof buffer};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t count = CT_RETRY(recvmsg(fd, &packet, 0));
    if (count < 0) return -1;
    if (packet.msg_flags & MSG_TRUNC) return ct_error(EMSGSIZE);
    uint32_t left = (uint32_t)count;
    for (struct nlmsghdr *message = (struct nlmsghdr *)(void *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
      if (take_message(exchange, message) < 0) return -1;
  }
  return 0;
}

static int send_messages(struct ct_reader *body) {
  uint32_t protocol = ct_u32(body);
  struct exchange exchange = {.answers = ct_u32(body)};
  exchange.ignored = ct_bytes_of(body);
  struct ct_bytes messages = ct_bytes_of(body);
  if (!ct_done(body) || protocol >= max_protocol || exchange.ignored.length % sizeof(int32_t) != 0) return ct_error(EBADMSG);
  CT_CLOSES int fd = open_socket((int)protocol);
  ssize_t sent = fd < 0 ? -1 : CT_RETRY(send(fd, messages.at, messages.length, 0));
  if (sent < 0) return -1;
  return (uint32_t)sent == messages.length ? receive(fd, &exchange) : ct_error(EMSGSIZE);
}

static int enter_namespace(struct ct_reader *body) {
  CT_CLOSES int namespace = open(ct_string(body), O_RDONLY | O_CLOEXEC);
  if (!ct_done(body)) return ct_error(EBADMSG);
  return namespace < 0 ? -1 : setns(namespace, CLONE_NEWNET);
}

int ct_verb_net(CT_UNUSED char **argv) {
  struct ct_op op = {.index = CT_BEFORE};
  struct ct_reader message = ct_message_read(STDIN_FILENO);
  while (ct_next_op(&message, &op)) {
    op.body.bad |= op.code != op_send && op.code != op_namespace;
    int result = op.code == op_send ? send_messages(&op.body) : enter_namespace(&op.body);
    if (result < 0) ct_fail(CT_STAGE_NET, op.index, "");
  }
  errno = EBADMSG;
  if (!ct_done(&message)) ct_fail(CT_STAGE_PLAN, op.index, "");
  return ct_succeed(op.index + 1, 0);
}
