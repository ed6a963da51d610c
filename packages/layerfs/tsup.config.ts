import { library } from '../../tsup.base.ts'

export default library({ entry: ['src/index.ts', 'src/zstd-worker.ts', 'src/testing/index.ts'] })
