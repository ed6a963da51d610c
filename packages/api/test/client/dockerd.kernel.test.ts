import { startDockerd } from '../private-dockerd.ts'
import { clientContract } from './client-contract.ts'

clientContract('dockerd', startDockerd)
