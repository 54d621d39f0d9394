/** Set-up. `npm start`: set everything up, run a first container, and serve the book. */
import { spawn } from 'node:child_process'
import { isLinux, isRoot, run } from './machine.mjs'
import { here, root } from './made.mjs'
import { bold, setup } from './setup.mjs'

const program = here('dist/stepbox.cjs')

const is = await setup()
if (!is.packages || !is.bundle) process.exit(1)
console.log()
await firstContainer()
console.log()
serveBook()

/** Run a container, or print the plan of one if this machine or this user cannot run it. */
async function firstContainer() {
  const script = 'echo "I am process $$ on $(hostname), and this is my /:"; ls -C /'
  if (is.native && is.busybox && isRoot) {
    console.log(bold('A first container'))
    await show(['run', '--rm', '--hostname', 'first', 'busybox', 'sh', '-c', script])
    return
  }
  console.log(bold('What a first container would be, call by call'))
  await show(['--chapter', 'namespaces', 'plan', 'sh'])
  if (!isLinux) console.log('\n  Running it needs Linux; reading on does not.')
  else if (!isRoot) console.log('\n  Running it needs root: sudo npm start')
}

async function show(args) {
  const quoted = args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`))
  console.log(`  $ stepbox ${quoted.join(' ')}`)
  const { code, output } = await run(process.execPath, [program, ...args])
  for (const line of output.trimEnd().split('\n')) console.log(`  ${line}`)
  if (code !== 0) process.exitCode = 1
}

function serveBook() {
  const args = ['--import', 'tsx', 'book/book.ts', ...process.argv.slice(2)]
  const book = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => book.kill(signal))
  book.on('exit', (code) => (process.exitCode ||= code ?? 0))
}
