/* ct-native: executes the plans that @ct/native's TypeScript compiles (PROTOCOL.md). It never prints. */
#include "wire.h"

#ifdef CT_SANITIZER_OPTIONS /* the helper has no environment to take them from */
const char *__asan_default_options(void) { return CT_SANITIZER_OPTIONS; }
const char *__ubsan_default_options(void) { return CT_SANITIZER_OPTIONS; }
#endif

static const struct {
  const char *name;
  int (*run)(char **argv);
} verbs[] = {
    {"run", ct_verb_run}, {"exec", ct_verb_exec}, {"apply", ct_verb_apply}, {"scan", ct_verb_scan}, {"net", ct_verb_net},
    {"devices", ct_verb_devices},
};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < CT_COUNT(verbs); i++) {
    if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argv);
  }
  return 64; /* EX_USAGE */
}
