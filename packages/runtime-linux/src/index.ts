export {
  compileSeccomp,
  defaultSeccomp,
  type LinuxSeccomp,
  type LinuxSeccompArg,
  type LinuxSyscall,
  type SeccompAction,
  type SeccompArchitecture,
  type SeccompFlag,
  type SeccompOperator,
} from '@ct/seccomp'
export { CAPABILITIES, DEFAULT_CAPABILITIES } from './capabilities.ts'
export type {
  BlockIoDeviceStats,
  BlockIoStats,
  ContainerStats,
  CpuStats,
  HugepageStats,
  MemoryStats,
  PidsStats,
} from './cgroups/stats.ts'
export { RuntimeError, type RuntimeErrorCode } from './errors.ts'
export { createRuntime } from './runtime/create-runtime.ts'
export type {
  Bundle,
  Container,
  ContainerEvent,
  ContainerIo,
  CreateOptions,
  DeleteOptions,
  EventsOptions,
  ExecOptions,
  LinuxRuntime,
  Runtime,
  RuntimeOptions,
} from './runtime/runtime.ts'
export { signalNumber } from './runtime/signals.ts'
export {
  capabilitiesOf,
  DEFAULT_MASKED_PATHS,
  DEFAULT_READONLY_PATHS,
  type DefaultSpecOptions,
  defaultSpec,
  OCI_VERSION,
} from './spec/default-spec.ts'
export type { Hook, HookName, Hooks } from './spec/hooks.ts'
export type {
  Linux,
  LinuxDevice,
  LinuxIdMapping,
  LinuxMemoryPolicy,
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
  LinuxHugepageLimit,
  LinuxMemory,
  LinuxNetworkResources,
  LinuxPids,
  LinuxRdma,
  LinuxResources,
  LinuxThrottleDevice,
  LinuxWeightDevice,
} from './spec/resources.ts'
export type { Root } from './spec/root.ts'
export { rootlessSpec } from './spec/rootless-spec.ts'
export type { Spec } from './spec/spec.ts'
export type { ContainerStatus, State } from './spec/state.ts'
export { validateSpec } from './spec/validate-spec.ts'
export { type ResolvedUser, type ResolveUserOptions, resolveUser, type UserFiles } from './users/resolve-user.ts'
