import { callHelper } from './call-helper.ts'
import { NativeError } from './errors.ts'
import { systemError } from './report.ts'
import { MessageWriter } from './wire.ts'

const OP_ATTACH = 1

/**
 * Gives a cgroup of version 2 a program that decides about devices, in the place of one that was attached so before. The
 * program is eBPF of type BPF_PROG_TYPE_CGROUP_DEVICE, 8 bytes an instruction. Throws `NATIVE_DEVICES_FAILED`; `errno` is
 * EPERM without CAP_BPF or where the cgroup's own are not allowed, EINVAL for a program that the kernel does not take.
 */
export async function attachDeviceProgram(directory: string, program: Uint8Array): Promise<void> {
  const message = new MessageWriter()
  message.operation(OP_ATTACH).string(directory).bytes(program)
  const { status } = await callHelper('devices', message.finish())
  if (status.ok) return
  const cause = systemError(status.errno, 'bpf')
  const kind = cause.code === 'EPERM' ? 'denied' : 'invalid'
  throw new NativeError('NATIVE_DEVICES_FAILED', `device rules of ${directory}: ${cause.message}`, { kind, cause, errno: cause.code })
}
