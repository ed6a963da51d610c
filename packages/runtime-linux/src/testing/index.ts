export { CommandRuntime, type CommandRuntimeOptions } from './command-runtime.ts'
export { type RuntimeUnderTest, runtimeContract } from './runtime-contract.ts'
