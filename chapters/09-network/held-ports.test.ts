/** Tests: a published port is held, and who asks for it as well is told who has it. */
import { expect, test, vi } from 'vitest'
import { program } from '../../test/stepbox.ts'
import { begunTown, type Town } from './town.ts'

const patience = 120_000
const node = process.execPath

/** What a program gets that wants to listen at the port: `fine`, or the name of an errno. */
function listening({ on }: Town, port: number): string {
  const script = `const s = require('net').createServer()
    s.on('error', (error) => console.log(error.code))
    s.listen(${port}, () => { console.log('fine'); s.close() })`
  return on('host', [node, '-e', script]).out.trim()
}

function isHeld(town: Town, port: number, word: string): void {
  const { code, err } = town.stepbox('run', '-d', '-p', `${port}:80`, 'busybox', 'sleep', '600')
  expect(code).toBe(125)
  expect(err).toContain(`{${port}, inet_addr("0.0.0.0")}) /* as 256 */ = EADDRINUSE`)
  expect(err).toContain(word)
}

test('a port in use says who has it', async (context) => {
  const town = await begunTown(context)
  town.run('web', ['-p', '8080:80'])
  isHeld(town, 8080, "container 'web' has port 8080")
  expect(listening(town, 8080)).toBe('EADDRINUSE')
  const filter = () => town.on('host', ['nft', 'list', 'ruleset']).out
  expect(filter()).toContain('tcp . 8080') // the one that was refused took nothing of it away
  const script = `require('net').createServer().listen(7000, () => process.setuid(65534))`
  town.start('host', [node, '-e', script])
  const isListening = () => town.on('host', ['cat', '/proc/net/tcp6']).out // asking would take it
  await vi.waitFor(() => expect(isListening()).toMatch(/:1B58 0+:0000 0A /), { timeout: 40_000 })
  isHeld(town, 7000, '(node): take another, or end that one')
  town.stepbox('rm', '-f', 'web')
  expect(listening(town, 8080)).toBe('fine')
  expect(filter()).not.toContain('tcp . 8080')
}, patience)

test('a server that has ended leaves its port, though it had connections', async (context) => {
  const town = await begunTown(context)
  const script = `const { connect, createServer } = require('net')
    const server = createServer((socket) => socket.end('hello'))
    server.listen(7000, () => connect(7000).resume().on('close', () => server.close()))`
  expect(town.on('host', [node, '-e', script])).toMatchObject({ code: 0, err: '' })
  expect(town.on('host', ['cat', '/proc/net/tcp', '/proc/net/tcp6']).out).toMatch(/:1B58 .* 06 /)
  town.run('web', ['-p', '7000:80'])
  expect(listening(town, 7000)).toBe('EADDRINUSE')
}, patience)

test('of starts at the same time one gets the port', async (context) => {
  const town = await begunTown(context)
  const names = ['one', 'two', 'three']
  const command = (name: string) =>
    `"$@" run -d --name ${name} -p 8080:80 busybox sleep 600 2> ${town.root}/${name}; echo $?`
  const script = names.map((name) => `(${command(name)}) &`).join(' ')
  const { out } = town.on('host', ['sh', '-c', `${script} wait`, 'sh', node, program])
  const codes = out.split('\n').filter((line) => /^\d{1,3}$/.test(line))
  expect(codes.sort()).toEqual(['0', '125', '125'])
  const [winner = ''] = town.stepbox('ps', '--format', '{{.Names}}').out.trim().split('\n')
  const losers = names.filter((name) => name !== winner)
  for (const name of losers) {
    const err = town.on('host', ['cat', `${town.root}/${name}`]).out
    expect(err.trim().split('\n')).toHaveLength(3)
    expect(err).toMatch(/container '(one|two|three)' has port 8080/)
    expect(err).not.toContain(`container '${name}'`)
  }
}, patience)

test('a port stays held while its container is started again and again', async (context) => {
  const town = await begunTown(context)
  const restarts = () =>
    Number(town.stepbox('inspect', '-f', '{{.RestartCount}}', 'web').out)
  const flags = ['-p', '8080:80', '--restart', 'always']
  town.stepbox('run', '-d', '--name', 'web', ...flags, 'busybox', 'false')
  while (restarts() < 3) expect(listening(town, 8080)).toBe('EADDRINUSE')
  town.stepbox('rm', '-f', 'web')
  expect(listening(town, 8080)).toBe('fine')
}, patience)
