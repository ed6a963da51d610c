/**
 * One instruction of classic BPF: operation, jump distances when a condition is true and false, operand.
 * @see https://www.kernel.org/doc/html/latest/networking/filter.html
 */
export type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number]

/** Operations that a seccomp filter needs. */
export const OPCODES = {
  /** Loads a 32-bit word of `struct seccomp_data`. */
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  return: 0x06,
} as const

/** Offsets in `struct seccomp_data`: u32 number, u32 architecture, u64 instruction pointer, u64 arguments[6]. */
export const SECCOMP_DATA = { number: 0, architecture: 4, arguments: 16 } as const

/** The most instructions that the kernel takes (BPF_MAXINSNS). */
export const MAXIMUM_INSTRUCTIONS = 4096

/** Ends the filter with a value. */
export function returns(value: number): Instruction {
  return [OPCODES.return, 0, 0, value]
}

/** Loads a word into the accumulator. */
export function load(offset: number): Instruction {
  return [OPCODES.load, 0, 0, offset]
}

/** `when` decides between two blocks that both end the filter; distances beyond 255 take a long jump. */
export function branch(
  when: readonly [code: number, operand: number],
  yes: readonly Instruction[],
  no: readonly Instruction[],
): Instruction[] {
  const [code, operand] = when
  if (no.length <= 255) return [[code, no.length, 0, operand], ...no, ...yes]
  return [[code, 0, 1, operand], [OPCODES.jump, 0, 0, no.length], ...no, ...yes]
}

/** The program as the kernel reads it: `struct sock_filter`, 8 bytes an instruction, little-endian. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  program.forEach(([code, whenTrue, whenFalse, operand], index) => {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, whenTrue)
    view.setUint8(index * 8 + 3, whenFalse)
    view.setUint32(index * 8 + 4, operand, true)
  })
  return bytes
}
