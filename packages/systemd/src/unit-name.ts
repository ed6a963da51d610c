import { SystemdError } from './errors.ts'

const MAXIMUM_CHARACTERS = 255

/**
 * Checks the name of a unit of one type, such as `web.scope`.
 * @throws SystemdError SYSTEMD_BAD_NAME.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Description
 */
export function checkUnitName(name: string, type: 'scope' | 'slice'): void {
  const isName = /^[\w:.\\-]+\.\w+$/.test(name) && name.length <= MAXIMUM_CHARACTERS && name.endsWith(`.${type}`)
  if (!isName) {
    const hint = 'use up to 255 letters, digits and _ - . : \\'
    throw new SystemdError('SYSTEMD_BAD_NAME', `${JSON.stringify(name)} is not the name of a ${type}`, { kind: 'invalid', hint })
  }
}

/**
 * Where a slice is among the others, each of which is named by all that it is below of: `/a.slice/a-b.slice` for
 * `a-b.slice`, nothing for `-.slice`.
 * @throws SystemdError SYSTEMD_BAD_NAME.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.slice.html
 */
export function slicePath(slice: string): string {
  checkUnitName(slice, 'slice')
  if (slice === '-.slice') return ''
  const parts = slice.slice(0, -'.slice'.length).split('-')
  if (parts.includes('')) {
    throw new SystemdError('SYSTEMD_BAD_NAME', `${JSON.stringify(slice)} is not the name of a slice`, {
      kind: 'invalid',
      hint: 'each dash stands between two parts of the name',
    })
  }
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}.slice`).join('')
}
