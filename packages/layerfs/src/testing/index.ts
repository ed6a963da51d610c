export { type SnapshotterUnderTest, snapshotterContract } from './snapshotter-contract.ts'
