export { body, bytesOf, pushTestImage, type TestBlob, type TestImage, testBlob, testImage, testIndex } from './fixtures.ts'
export { type StoreUnderTest, storeContract } from './store-contract.ts'
export { type TargetUnderTest, targetContract } from './target-contract.ts'
