#!/usr/bin/env node
/** Command line. The program: the table of chapters, and the command line on it. */
import { main } from '../runtime/cli/main.ts'
import { chapters } from './table.ts'

void main(chapters).then((code) => {
  process.exitCode = code
})
