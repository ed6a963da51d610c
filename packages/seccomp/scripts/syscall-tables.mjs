// Writes src/syscalls-<architecture>.table.ts from the kernel's headers:
//
//   node scripts/syscall-tables.mjs x86_64 -I/usr/include/x86_64-linux-gnu asm/unistd_64.h
//
// The first argument names the table, the last one the header; what stands between goes to the C preprocessor ($CC or
// cc). The tables here come from: x86_64 asm/unistd_64.h, x86 asm/unistd_32.h, x32 asm/unistd_x32.h with -D__X32_SYSCALL_BIT=0 (all of
// linux-libc-dev), aarch64 and arm asm/unistd.h of linux-libc-dev-arm64-cross and linux-libc-dev-armhf-cross.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/** Calls newer than the headers; since 424 a call has one number on all architectures. */
const newer = {
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
}

/** Numbers of single architectures that the headers lack or name otherwise. */
const extra = {
  x86_64: { uretprobe: 335 },
  arm: { arm_fadvise64_64: 270, arm_sync_file_range: 341, breakpoint: 0xf0001, cacheflush: 0xf0002, set_tls: 0xf0005 },
}

const [name, ...rest] = process.argv.slice(2)
const header = rest.pop()
const text = execFileSync(process.env.CC ?? 'cc', ['-dM', '-E', ...rest, '-include', header, '-'], { input: '' }).toString()
const macros = new Map(Array.from(text.matchAll(/^#define (\w+) (.+)$/gm), ([, key, value]) => [key, value.trim()]))

function numberOf(expression) {
  const words = expression.replaceAll(/[()]/g, '').split('+')
  return words.reduce((sum, word) => {
    const token = word.trim()
    return sum + (macros.has(token) ? numberOf(macros.get(token)) : Number(token))
  }, 0)
}

const numbers = { ...newer, ...extra[name] }
for (const [key, value] of macros) {
  const call = /^__NR_(\w+)$/.exec(key)?.[1]
  if (call === undefined || call === 'syscalls' || /^(SYSCALL|OABI)/.test(call)) continue
  const number = numberOf(value)
  if (Number.isNaN(number)) throw new Error(`${key} is ${value}`)
  numbers[call] = number
}

const lines = Object.entries(numbers)
  .sort(([, a], [, b]) => a - b)
  .map(([call, number]) => `  ${call}: ${number},`)
const file = new URL(`../src/syscalls-${name.replace('_', '-')}.table.ts`, import.meta.url)
const comment = `/** System call numbers of ${name}${name === 'x32' ? ', without the x32 bit' : ''}. Written by scripts/syscall-tables.mjs. */`
writeFileSync(
  file,
  `${comment}\nexport const ${name.toUpperCase()}_SYSCALLS: Readonly<Record<string, number>> = {\n${lines.join('\n')}\n}\n`,
)
