/** Starts programs of the host (QEMU, apt-get, mke2fs), each with a short plan. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { firstFd } from '../descriptors.ts'
import { launch, type Launch, type LaunchOptions } from '../native.ts'
import { toolStep, type Step } from '../step.ts'

export interface ProgramOptions {
  /** The working directory, absolute; by default the caller's. */
  cwd?: string
  /** Added to the caller's environment. */
  env?: Record<string, string>
  /** The number of sockets between it and us, its descriptors from `firstFd` on. */
  sockets?: number
  /** Calls to make before it becomes the program. */
  before?: Step[]
  stdio?: LaunchOptions['stdio']
}

/**
 * Start a program that is killed when this process dies (prctl(2), PR_SET_PDEATHSIG). Needs no
 * root. If there is no such program, the exit code is 127.
 */
export function startProgram(argv: string[], options: ProgramOptions = {}): Launch {
  const { cwd, env = {}, before = [], stdio, sockets = 0 } = options
  const environment = Object.entries({ ...process.env, ...env })
  const plan = [
    ...closeInherited(firstFd + sockets),
    toolStep(['fork'], 'the program; its parent waits for it'),
    toolStep(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'it must not go on without us'),
    ...(cwd ? [toolStep(['chdir', cwd], 'where it finds and leaves its files')] : []),
    ...before,
    toolStep(
      ['execvpe', argv[0] ?? '', argv, environment.map(([name, value]) => `${name}=${value}`)],
      'the process becomes the program',
    ),
  ]
  return launch(plan, { sockets, ...(stdio ? { stdio } : {}) })
}

/** The exit code and the output of a program. */
export interface ProgramResult {
  exitCode: number
  out: Buffer
  err: string
}

/** Run a program to its end. Never rejects: if it cannot be started, the code is 125 or 127. */
export async function runProgram(
  argv: string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const launched = startProgram(argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  launched.process.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  launched.process.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  const { exitCode, refused, failure } = await launched.outcome
  const why = refused ?? (failure ? `${argv[0]}: ${failure.errno}` : Buffer.concat(err).toString())
  const code = failure?.errno === 'ENOENT' ? 127 : exitCode
  return { exitCode: code, out: Buffer.concat(out), err: why }
}
