import { library } from '../../tsup.base.ts'

export default library({ entry: ['src/index.ts', 'src/ct-runc.ts', 'src/testing/index.ts'] })
