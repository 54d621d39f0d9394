/** Types the commands of a session into a shell, each when the one before has ended. */

interface Run {
  session: number
  commands: string[]
  /** The command that is typed next. */
  at: number
}

interface Ends {
  type: (text: string) => void
  tell: (message: object) => void
}

export interface Typist {
  /** Type these commands, after what is being typed already. */
  run(session: number, commands: string[]): void
  /** The terminal has shown these bytes. */
  seen(bytes: Buffer): void
  /** The reader has typed these: Ctrl-C also ends what is typed for him. */
  interrupted(bytes: Buffer): void
}

const [endOfLine, killLine, ctrlC] = ['\x05', '\x15', 0x03]

/** `mark` is in what the shell prints before each prompt. */
export function typist(mark: string, { type, tell }: Ends): Typist {
  const wanted = `\x1b]133;A;${mark}\x07`
  const runs: Run[] = []
  let tail = ''
  let isAtPrompt = false
  const next = (): void => {
    const run = runs[0]
    if (!run || !isAtPrompt) return
    const { session, commands, at } = run
    if (at > 0) tell({ ran: { session, command: at - 1, of: commands.length } })
    const command = commands[run.at++]
    if (command === undefined) {
      tell({ done: { session } })
      runs.shift()
      return next()
    }
    isAtPrompt = false
    type(`${endOfLine}${killLine}${asTyped(command)}\r`)
  }
  return {
    run(session, commands) {
      runs.push({ session, commands, at: 0 })
      if (runs.length === 1) next()
    },
    seen(bytes) {
      const text = tail + bytes.toString('latin1')
      const found = text.lastIndexOf(wanted)
      tail = found < 0 ? text.slice(-wanted.length) : text.slice(found + wanted.length)
      if (found < 0) return
      isAtPrompt = true
      next()
    },
    interrupted(bytes) {
      if (bytes.includes(ctrlC))
        for (const { session } of runs.splice(0)) tell({ done: { session, stopped: true } })
      if (bytes.includes('\r')) isAtPrompt = false
    },
  }
}

/** Several lines are pasted: nothing completes them, and they are one command. */
function asTyped(command: string): string {
  return /[\n\t]/.test(command) ? `\x1b[200~${command}\x1b[201~` : command
}
