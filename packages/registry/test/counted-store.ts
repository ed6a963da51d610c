import type { ImageStore } from '@ct/image'

/** A store that counts what is asked of it, by the name of the method. */
export function countedStore(store: ImageStore): { readonly store: ImageStore; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>()
  const counted = new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]) => {
        calls.set(String(key), (calls.get(String(key)) ?? 0) + 1)
        return value.apply(target, args) as unknown
      }
    },
  })
  return { store: counted, calls }
}
