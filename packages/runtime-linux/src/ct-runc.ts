#!/usr/bin/env node
import { main } from './commands/main.ts'

process.exitCode = await main(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  printError: (text) => void process.stderr.write(text),
})
