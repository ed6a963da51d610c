/* ct-native: executes the plans that @ct/native's TypeScript compiles (PROTOCOL.md). It never prints. */
#include "supervise.h"

static int execute(const char *verb, char **argv) {
#define CT_NAMED(name) {#name, ct_verb_##name},
  static const struct {
    const char *name;
    int (*run)(char **argv);
  } verbs[] = {CT_VERBS(CT_NAMED)};
  for (size_t i = 0; i < CT_COUNT(verbs); i++)
    if (strcmp(verb, verbs[i].name) == 0) return verbs[i].run(argv);
  return 64; /* EX_USAGE */
}

static const char *read_word(int fd) {
  struct ct_op op = ct_operation_read(fd);
  return ct_string(&op.body);
}

/* The connection is all that a helper has. It says which process it is, then it is told its verb. */
static _Noreturn void help(int connection, char **argv) {
  signal(SIGCHLD, SIG_DFL);
  for (int fd = 0; fd <= CT_STATUS_FD; fd++) dup2(fd == STDERR_FILENO ? fd : connection, fd);
  close_range(CT_STATUS_FD + 1, ~0U, 0);
  (void)!chdir("/");
  ct_succeed(0, (uint32_t)getpid());
  const char *verb = read_word(CT_PLAN_FD);
  strncpy(argv[1], verb, strlen(argv[1])); /* what ps shows */
  _exit(execute(verb, argv));
}

/* The verb `serve`: makes helpers by fork for a program whose own fork takes milliseconds, until stdin says that it is gone. */
int ct_verb_serve(char **argv) {
  if (ct_protect(argv) != 0) ct_fail(CT_STAGE_PROTECT, 0, "");
  const char *directory = read_word(CT_PLAN_FD);
  int listener = chdir(directory) != 0 ? -1 : ct_listen("socket");
  if (listener < 0) ct_fail(CT_STAGE_FILES, 0, directory);
  signal(SIGCHLD, SIG_IGN); /* nobody asks how a helper ended */
  ct_succeed(0, 0);
  struct pollfd slots[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
  while (poll(slots, CT_COUNT(slots), -1) >= 0 && slots[0].revents == 0) {
    CT_CLOSES int connection = slots[1].revents == 0 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0 && fork() == 0) help(connection, argv);
  }
  unlink("socket");
  return rmdir(directory);
}

int main(int argc, char **argv) { return execute(argc > 1 ? argv[1] : "", argv); }
