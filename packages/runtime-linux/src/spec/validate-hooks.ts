import { absolute, integer, list, type Shape, shape, text } from './shape.ts'

/** The points at which hooks run, in their order. */
export const HOOK_NAMES = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const

/** The longest that a timer of this program can wait. */
const MAXIMUM_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

const hooks = list(shape({ path: absolute }, { args: list(text), env: list(text), timeout: integer(1, MAXIMUM_TIMEOUT_SECONDS) }))

/** Checks the hooks of a spec; see `validateSpec`. */
export const validateHooks: Shape = shape({}, Object.fromEntries(HOOK_NAMES.map((name) => [name, hooks])))
