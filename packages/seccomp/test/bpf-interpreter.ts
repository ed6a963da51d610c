/** `struct seccomp_data` as a filter sees it. */
export interface SystemCall {
  readonly auditArchitecture: number
  readonly number: number
  readonly args?: readonly bigint[]
}

/** Runs a classic BPF program over one system call, as the kernel would, and answers what it returns. */
export function runFilter(program: Uint8Array, call: SystemCall): number {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call.number, true)
  data.setUint32(4, call.auditArchitecture, true)
  call.args?.forEach((arg, index) => {
    data.setBigUint64(16 + index * 8, BigInt.asUintN(64, arg), true)
  })
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  let accumulator = 0
  for (let at = 0; ; at += 1) {
    const code = view.getUint16(at * 8, true)
    const whenTrue = view.getUint8(at * 8 + 2)
    const whenFalse = view.getUint8(at * 8 + 3)
    const operand = view.getUint32(at * 8 + 4, true)
    const jump = (condition: boolean) => {
      at += condition ? whenTrue : whenFalse
    }
    if (code === 0x06) return operand
    else if (code === 0x20) accumulator = data.getUint32(operand, true)
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0
    else if (code === 0x05) at += operand
    else if (code === 0x15) jump(accumulator === operand)
    else if (code === 0x25) jump(accumulator > operand)
    else if (code === 0x35) jump(accumulator >= operand)
    else throw new Error(`instruction ${at}: unknown operation 0x${code.toString(16)}`)
  }
}
