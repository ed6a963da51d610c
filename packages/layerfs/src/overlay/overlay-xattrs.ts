import type { Xattr } from '../tar/tar-header.ts'

/** The attribute by which overlayfs knows a directory that hides what layers below have in it. */
export function opaqueXattr(mode: 'overlay' | 'overlay-user'): Xattr {
  return [mode === 'overlay-user' ? 'user.overlay.opaque' : 'trusted.overlay.opaque', Buffer.from('y')]
}

/**
 * Whether an attribute belongs to overlayfs. Such attributes never come from a layer nor go into one: they could
 * redirect a directory to any other one of the layers below.
 */
export function isOverlayXattr(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')
}

/** Whether overlayfs takes a directory with these attributes for opaque. */
export function isOpaque(xattrs: readonly Xattr[]): boolean {
  return xattrs.some(([name, value]) => /^(trusted|user)\.overlay\.opaque$/.test(name) && Buffer.from(value).toString() === 'y')
}
