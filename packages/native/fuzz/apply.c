/*
 * Feeds bytes to `apply` as its stream of operations. What they do to files is real (root is needed), and without the
 * chroot of the program: that nothing outside the root changes is then owed to how paths are resolved, and checked.
 */
#include "../c/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char outside[] = "/tmp/ct-fuzz-apply-XXXXXX";

static void leave_nothing(void) {
  if (chdir(outside) == 0 && rmdir("root") == 0 && unlink("canary") == 0) rmdir(outside);
}

static int make_root(void) {
  if (mkdtemp(outside) == NULL) abort();
  int dir = open(outside, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int canary = openat(dir, "canary", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (dir < 0 || canary < 0 || mkdirat(dir, "root", 0755) != 0) abort();
  close(canary);
  umask(0);
  atexit(leave_nothing);
  int root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  close(dir);
  return root;
}

static void check_outside(void) {
  static struct stat before[2];
  struct stat now[2];
  char path[sizeof outside + 8];
  memcpy(path, outside, sizeof outside - 1);
  memcpy(path + sizeof outside - 1, "/canary", 8);
  if (lstat(outside, &now[0]) != 0 || lstat(path, &now[1]) != 0) abort();
  for (int i = 0; i < 2; i++) {
    if (before[i].st_nlink == 0) before[i] = now[i];
    if (memcmp(&before[i].st_ctim, &now[i].st_ctim, sizeof now[i].st_ctim) != 0) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ct_tree tree;
  static struct ct_stream stream;
  static int home = -1;
  if (home < 0) {
    home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    tree = (struct ct_tree){.root = make_root(), .parent.fd = -1, .existing.fd = -1};
    if (home < 0) abort();
    check_outside();
  }
  stream.in = fmemopen((void *)(uintptr_t)data, size, "r");
  if (stream.in == NULL) abort();
  (void)ct_apply_stream(&tree, &stream);
  fclose(stream.in);
  tree.stale = true;
  if (ct_clear((struct ct_place){.dir = tree.root, .name = "."}) != 0 || fchdir(home) != 0) abort();
  check_outside();
  return 0;
}
