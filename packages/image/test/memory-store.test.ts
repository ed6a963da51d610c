import { MemoryStore } from '../src/index.ts'
import { storeContract, targetContract } from '../src/testing/index.ts'

const refs = ['example.org/app:1', 'example.org/app:2'] as const
const make = async () => ({ target: new MemoryStore(), refs, [Symbol.asyncDispose]: async () => undefined })

targetContract('MemoryStore', make)
storeContract('MemoryStore', make)
