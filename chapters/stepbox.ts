#!/usr/bin/env node
/** The program: the table of chapters, and the command line on it. */
import { main } from '../runtime/cli/main.ts'
import { chapters } from './table.ts'

void main(chapters).then((code) => {
  process.exitCode = code
})

// Nothing is left to do. Taking the heap apart as well would last as long as half a container.
process.once('beforeExit', () => process.exit())
