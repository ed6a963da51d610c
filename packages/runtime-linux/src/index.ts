export type { BlockIoStats, ContainerStats, CpuStats, MemoryStats, PidsStats } from './cgroups/stats.ts'
export { RuntimeError, type RuntimeErrorCode } from './errors.ts'
export type {
  Bundle,
  Container,
  ContainerIo,
  CreateOptions,
  DeleteOptions,
  ExecOptions,
  LinuxRuntime,
  Runtime,
  RuntimeOptions,
} from './runtime/runtime.ts'
export type {
  Linux,
  LinuxDevice,
  LinuxIdMapping,
  LinuxNamespace,
  LinuxNamespaceType,
  LinuxPersonality,
  RootfsPropagation,
} from './spec/linux.ts'
export type { SpecMount } from './spec/mount.ts'
export type { ConsoleSize, LinuxCapabilities, Process, Rlimit, User } from './spec/process.ts'
export type {
  LinuxBlockIo,
  LinuxCpu,
  LinuxDeviceRule,
  LinuxMemory,
  LinuxPids,
  LinuxResources,
} from './spec/resources.ts'
export type { Root } from './spec/root.ts'
export type {
  LinuxSeccomp,
  LinuxSeccompArg,
  LinuxSyscall,
  SeccompAction,
  SeccompArchitecture,
  SeccompFlag,
  SeccompOperator,
} from './spec/seccomp.ts'
export type { Hook, HookName, Hooks, Spec } from './spec/spec.ts'
export type { ContainerStatus, State } from './spec/state.ts'
