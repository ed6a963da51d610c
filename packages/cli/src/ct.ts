#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { runCached } from './run-cached.ts'

const program = join(__dirname, 'main.cjs')
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown }

// From Node 22.1 on, Node itself keeps compiled code for the next start. The daemon imports packages, which kept code cannot.
if (enableCompileCache === undefined && !process.argv.includes('daemon')) runCached(program, join(__dirname, '../.cache'))
else {
  enableCompileCache?.()
  require(program)
}
