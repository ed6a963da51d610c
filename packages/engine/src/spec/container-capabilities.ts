import { CAPABILITIES, DEFAULT_CAPABILITIES } from '@ct/runtime-linux'
import type { SecuritySpec } from '../containers/container-spec.ts'
import { invalid } from '../errors.ts'

/** The capabilities of a container: docker's default ones with what is added and dropped; all of them when privileged. */
export function containerCapabilities({ privileged = false, capAdd = [], capDrop = [] }: SecuritySpec): readonly string[] {
  if (privileged) return CAPABILITIES
  const add = capAdd.map(capabilityName)
  const drop = capDrop.map(capabilityName)
  const base = drop.includes('ALL') ? [] : add.includes('ALL') ? CAPABILITIES : DEFAULT_CAPABILITIES
  const wanted = new Set([...base, ...(add.includes('ALL') ? CAPABILITIES : add)])
  for (const name of drop) if (!add.includes(name)) wanted.delete(name)
  return CAPABILITIES.filter((name) => wanted.has(name))
}

function capabilityName(text: string): string {
  const upper = text.toUpperCase()
  if (upper === 'ALL') return upper
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
  if (!CAPABILITIES.includes(name)) throw invalid(`invalid capability: "${text}"`)
  return name
}
