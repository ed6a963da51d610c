export { CliError, type CliErrorCode } from './errors.ts'
export { addAccounts, FileTree, type TreeEntry } from './pack/file-tree.ts'
export { type PackOptions, packImage } from './pack/pack-image.ts'
