#!/usr/bin/env node
/** The program: the table of chapters, and the command line on it. */
import { main } from '../runtime/cli/main.ts'
import { leaveTerminalAsItIs } from '../runtime/cli/terminal-end.ts'
import { chapters } from './table.ts'

process.umask(0o022) // whatever the caller's is: nothing that is made is for everybody to write
leaveTerminalAsItIs()
void main(chapters).then((code) => {
  process.exitCode = code
})

// Nothing is left to do. Taking the heap apart as well would last as long as half a container.
process.once('beforeExit', () => process.exit())
