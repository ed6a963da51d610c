/**
 * What `ct registry …` does. It is a program file of its own, `registry.js`: the packages that it needs are loaded by these commands
 * alone.
 */
export { addUser } from './add-user.ts'
export { checkRegistry } from './check-registry.ts'
export { collectRegistry } from './collect-registry.ts'
export { runRegistry } from './run-registry.ts'
