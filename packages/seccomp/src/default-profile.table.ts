import type { LinuxSyscall } from './linux-seccomp.ts'

/** A group of rules, and for whom it holds: with all of some capabilities, without any of some, on some machines. */
export interface ProfileGroup {
  readonly rules: readonly LinuxSyscall[]
  /** The group holds when the process may have one of these. */
  readonly having?: string | undefined
  /** The group holds when the process may not have this one. */
  readonly lacking?: string | undefined
  /** Node's name of the machine (`process.arch`). Default: all. */
  readonly machine?: 'x64' | 'arm64' | undefined
}

/** The clone(2) flags that make namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NAMESPACE_FLAGS = 0x7e020000

const ENOSYS = 38

function allow(names: string): LinuxSyscall {
  return { names: names.trim().split(/\s+/), action: 'SCMP_ACT_ALLOW' }
}

function allowPersonality(value: number): LinuxSyscall {
  return { ...allow('personality'), args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] }
}

/**
 * Docker's default system call profile, for the machines this runtime has. Whatever no rule allows fails with EPERM.
 * Sockets of the families AF_ALG (38) and AF_VSOCK (40) are not allowed; clone(2) may not make namespaces and clone3(2),
 * whose flags a filter cannot see, says that it does not exist, so that libraries fall back to clone.
 * @see https://github.com/moby/profiles/blob/main/seccomp/default.json
 */
export const DEFAULT_PROFILE: readonly ProfileGroup[] = [
  {
    rules: [
      allow(`
        accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime
        clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
        clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
        epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
        exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2
        fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat
        fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
        futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid
        getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
        getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area
        gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init inotify_init1
        inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents io_pgetevents_time64 ioprio_get ioprio_set
        io_setup io_submit ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32
        lgetxattr link linkat listen listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat
        lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock
        mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
        mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
        name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2
        pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease
        pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
        recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall rmdir
        rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
        sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
        sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
        semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid
        setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
        setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid
        setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn
        socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range
        syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
        timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
        times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64
        utimes vfork vmsplice wait4 waitid waitpid write writev
      `),
      allow('process_vm_readv process_vm_writev ptrace'),
      { ...allow('socket'), args: [{ index: 0, value: 38, op: 'SCMP_CMP_LT' }] },
      { ...allow('socket'), args: [{ index: 0, value: 39, op: 'SCMP_CMP_EQ' }] },
      { ...allow('socket'), args: [{ index: 0, value: 40, op: 'SCMP_CMP_GT' }] },
      ...[0, 8, 0x20000, 0x20008, 0xffffffff].map(allowPersonality),
    ],
  },
  { machine: 'arm64', rules: [allow('arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls')] },
  { machine: 'x64', rules: [allow('arch_prctl modify_ldt')] },
  { having: 'CAP_DAC_READ_SEARCH', rules: [allow('open_by_handle_at')] },
  {
    having: 'CAP_SYS_ADMIN',
    rules: [
      allow(`
        bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
        quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
      `),
    ],
  },
  {
    lacking: 'CAP_SYS_ADMIN',
    rules: [
      { ...allow('clone'), args: [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    ],
  },
  { having: 'CAP_SYS_BOOT', rules: [allow('reboot')] },
  { having: 'CAP_SYS_CHROOT', rules: [allow('chroot')] },
  { having: 'CAP_SYS_MODULE', rules: [allow('delete_module init_module finit_module')] },
  { having: 'CAP_SYS_PACCT', rules: [allow('acct')] },
  { having: 'CAP_SYS_PTRACE', rules: [allow('kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace')] },
  { having: 'CAP_SYS_RAWIO', rules: [allow('iopl ioperm')] },
  { having: 'CAP_SYS_TIME', rules: [allow('settimeofday stime clock_settime clock_settime64')] },
  { having: 'CAP_SYS_TTY_CONFIG', rules: [allow('vhangup')] },
  { having: 'CAP_SYS_NICE', rules: [allow('get_mempolicy mbind set_mempolicy set_mempolicy_home_node')] },
  { having: 'CAP_SYSLOG', rules: [allow('syslog')] },
  { having: 'CAP_BPF', rules: [allow('bpf')] },
  { having: 'CAP_PERFMON', rules: [allow('perf_event_open')] },
]
