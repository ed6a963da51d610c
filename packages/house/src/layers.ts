/** ARCHITECTURE.md's table: a package imports only packages of lower layers than its own. */
export const LAYERS: Readonly<Record<string, number>> = {
  '@ct/errors': 0,
  '@ct/native': 1,
  '@ct/seccomp': 1,
  '@ct/systemd': 1,
  '@ct/image': 2,
  '@ct/runtime-linux': 2,
  '@ct/image-store-s3': 3,
  '@ct/layerfs': 3,
  '@ct/registry-client': 3,
  '@ct/registry': 3,
  '@ct/network': 3,
  '@ct/engine': 4,
  '@ct/api': 6,
  '@ct/cli': 7,
}

/** Files that hold a table of a standard, or generated text: exempt from the size rules by name. */
export const isTable = (path: string): boolean => /\.(table|gen)\.ts$/.test(path)
