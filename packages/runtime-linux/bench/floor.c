/* What the kernel alone takes for a docker-like start: cgroups, namespaces, mounts, a system call filter, capabilities, exec, and all of
   it gone again. No checks, no log, no supervisor: the floor that start.bench.mjs compares with.
     floor <rootfs> <filter> <program> <cgroup directory>…       prints six durations in microseconds */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { at_start, at_cgroups, at_clone, at_mounts, at_privileges, at_exit, at_end, phases };

static int64_t *at; /* shared with the child */

static void mark(int phase) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  at[phase] = now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void must(long result, const char *what) {
  if (result >= 0) return;
  perror(what);
  _exit(1);
}

static void enter(const char *directory, const char *file) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  must(fd, path);
  must(write(fd, "0", 1), path);
  close(fd);
}

/* What version 1 looks like in a container: a directory with its cgroup of each controller, all read-only. */
static void mount_cgroups(int count, char **cgroups) {
  must(mount("cgroup", "sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=755,size=64k"), "cgroup");
  for (int i = 0; i < count; i++) {
    char controller[64], target[96];
    must(sscanf(cgroups[i], "/sys/fs/cgroup/%63[^/]", controller) - 1, cgroups[i]);
    snprintf(target, sizeof target, "sys/fs/cgroup/%s", controller);
    must(mkdir(target, 0755), target);
    must(mount(cgroups[i], target, NULL, MS_BIND, NULL), target);
    must(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), target);
  }
  must(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), "cgroup");
}

static void make_mounts(const char *rootfs, int count, char **cgroups) {
  static const struct {
    const char *type, *target, *data;
    unsigned long flags;
  } mounts[] = {
      {"proc", "proc", "", MS_NOSUID | MS_NOEXEC | MS_NODEV},
      {"tmpfs", "dev", "mode=755,size=65536k", MS_NOSUID},
      {"devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
      {"tmpfs", "dev/shm", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV},
      {"mqueue", "dev/mqueue", "", MS_NOSUID | MS_NOEXEC | MS_NODEV},
      {"sysfs", "sys", "", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY},
  };
  static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
  static const unsigned char minors[] = {3, 5, 7, 8, 9, 0};
  static const char *const masked[] = {
      "proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list",
      "proc/timer_stats", "proc/sched_debug", "proc/scsi", "sys/firmware", "sys/devices/virtual/powercap"};
  static const char *const readonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
  must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
  must(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), "rootfs");
  must(chdir(rootfs), "rootfs");
  for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
    mkdir(mounts[i].target, 0755);
    must(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data), mounts[i].target);
  }
  mount_cgroups(count, cgroups);
  must(chdir("dev"), "dev");
  for (size_t i = 0; i < sizeof minors; i++) must(mknod(nodes[i], S_IFCHR | 0666, makedev(i == 5 ? 5 : 1, minors[i])), nodes[i]);
  must(chdir(rootfs), "rootfs");
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++)
    if (mount("dev/null", masked[i], NULL, MS_BIND, NULL) != 0) mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL);
  for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
    if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) != 0) continue;
    must(mount(NULL, readonly[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), readonly[i]);
  }
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "old root");
  must(chdir("/"), "/");
}

static void drop_privileges(struct sock_fprog *filter) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2] = {{.effective = 0xa80425fb, .permitted = 0xa80425fb}};
  struct ifreq loopback = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  must(ioctl(fd, SIOCGIFFLAGS, &loopback), "lo");
  loopback.ifr_flags |= IFF_UP;
  must(ioctl(fd, SIOCSIFFLAGS, &loopback), "lo");
  must(sethostname("bench", 5), "hostname");
  must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter), "filter");
  for (int capability = 0; capability <= 40; capability++)
    if (capability > 31 || !(sets[0].effective >> capability & 1)) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  must(syscall(SYS_capset, &header, sets), "capabilities");
}

int main(int argc, char **argv) {
  static struct sock_filter instructions[4096];
  at = mmap(NULL, phases * sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  mark(at_start);
  if (argc < 4) return 64;
  int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
  ssize_t size = read(fd, instructions, sizeof instructions);
  must(size, argv[2]);
  struct sock_fprog filter = {.len = (unsigned short)((size_t)size / sizeof *instructions), .filter = instructions};
  for (int i = 4; i < argc; i++) must(mkdir(argv[i], 0755), argv[i]);
  mark(at_cgroups);
  struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  must(pid, "clone3");
  if (pid == 0) {
    mark(at_clone);
    for (int i = 4; i < argc; i++) enter(argv[i], "tasks");
    must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
    make_mounts(argv[1], argc - 4, argv + 4);
    mark(at_mounts);
    drop_privileges(&filter);
    mark(at_privileges);
    execl(argv[3], argv[3], (char *)NULL);
    must(-1, argv[3]);
  }
  int status;
  must(waitpid((pid_t)pid, &status, 0), "wait");
  mark(at_exit);
  for (int i = 4; i < argc; i++) must(rmdir(argv[i]), argv[i]);
  mark(at_end);
  for (int i = 1; i < phases; i++) printf("%lld ", (long long)(at[i] - at[i - 1]));
  return status == 0 ? 0 : 1;
}
