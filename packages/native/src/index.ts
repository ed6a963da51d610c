export { attachDeviceProgram } from './attach-device-program.ts'
export { NativeError, type NativeErrorCode, type NativeErrorOptions } from './errors.ts'
export { type ExitRecord, readExitRecord } from './exit-record.ts'
export { helperPath } from './helper-path.ts'
export { type LaunchOptions, launch, launchExec, releaseFifo } from './launch.ts'
export { MOUNT_OPTIONS, type MountOptions, parseMountOptions } from './mount-options.ts'
export { type NetlinkBatch, type NetlinkStep, sendNetlink } from './netlink.ts'
export { messageBody, NETLINK_FLAGS, netlinkAttribute, netlinkMessage } from './netlink-message.ts'
export type {
  CapabilitySets,
  EarlyOperation,
  ExecPlan,
  IdMapping,
  MissingTarget,
  Mount,
  MountAttribute,
  MountAttributes,
  NamespacePlan,
  NamespaceType,
  OomCounter,
  Operation,
  Propagation,
  RunPlan,
  SchedulerAttributes,
  SupervisorPlan,
  TimeOffset,
} from './plan.ts'
export { type ScanOptions, scanTree } from './scan-tree.ts'
export type { EntryType, ScannedEntry } from './scanned-entry.ts'
export { type AttachOptions, type ConnectOptions, connectSupervisor, type Supervisor } from './supervisor.ts'
export type { TreeMeta, TreePath } from './tree-encoder.ts'
export type { TreeTarget } from './tree-target.ts'
export { openTreeWriter, type TreeNode, type TreeWriter, type TreeWriterOptions } from './tree-writer.ts'
