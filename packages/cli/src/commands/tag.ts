import { imageTag } from '@ct/api'
import { splitReference } from '../image/reference.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct tag`: one more name for an image. */
export const tag = defineCommand({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  flags: {},
  args: { min: 2, max: 2 },
  async run({ args: [source = '', target = ''] }, { connect }) {
    const { name: repo, tag = 'latest' } = splitReference(target)
    await (await connect()).call(imageTag, { params: { name: source }, query: { repo, tag } })
    return 0
  },
})
