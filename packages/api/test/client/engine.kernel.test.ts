import { startServedEngine } from '../served-engine.ts'
import { clientContract } from './client-contract.ts'

clientContract('our own daemon', startServedEngine)
