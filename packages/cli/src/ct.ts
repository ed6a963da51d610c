#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { runCached } from './run-cached.ts'

const program = join(__dirname, 'main.cjs')
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown }

/** The commands that import packages, which kept code cannot. */
const imports = ['daemon', 'pack', 'registry'].some((name) => process.argv.includes(name))

// From Node 22.1 on, Node itself keeps compiled code for the next start.
if (enableCompileCache === undefined && !imports) runCached(program, join(__dirname, '../.cache'))
else {
  enableCompileCache?.()
  require(program)
}
