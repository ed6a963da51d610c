/** What a name must look like in which `*` stands for any characters, as in `team/*`. */
export function globPattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^$(){}|[\]\\/]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
