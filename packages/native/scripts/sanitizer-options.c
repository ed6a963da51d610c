/* For the build with sanitizers: the helper has no environment to take their options from. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) { return CT_SANITIZER_OPTIONS; }
const char *__ubsan_default_options(void) { return CT_SANITIZER_OPTIONS; }
