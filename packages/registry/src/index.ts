export { createRegistry, type RegistryHandler, type RegistryOptions } from './create-registry.ts'
export { DistributionError, type DistributionErrorCode } from './errors.ts'
export { type RunningRegistry, type ServeRegistryOptions, serveRegistry } from './serve-registry.ts'
