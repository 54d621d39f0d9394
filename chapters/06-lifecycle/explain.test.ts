/** Tests. Why a container that lives on cannot be set up, or attached to: each cause provoked. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import type { Call } from '../../runtime/calls.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { steps } from '../../test/carry-out.ts'
import { explainedIn, ownMounts } from '../../test/explaining.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { store } from './hearing.ts'
import { tools } from './tools.ts'

const rows = [{ tools: async () => tools }] as unknown as Chapter[]

/** The calls of `dir` that make something in it. */
const supervise = (dir: string): Call => {
  const [mark, lock] = [`${dir}/mark`, `${dir}/lock`]
  return ['supervise', dir, mark, lock, 'RESTART_NEVER', [0, 1, 1, 1], [], ['/bin/true'], 0]
}
const openLog = (dir: string): Call => ['open_log', `${dir}/log`, 0, 1, '']
const listen = (dir: string): Call => ['listen', dir, 0, 0]
const attach = (dir: string): Call => ['attach', dir, 6, 0, 0]

/** The errno of the call that failed, and the cause. */
async function causeIn(...calls: Call[]): Promise<string> {
  const { text } = await explainedIn(steps(...calls), rows)
  const [failed = '', , cause = 'no cause'] = text.split('\n')
  return `${/ = (\w+)$/.exec(failed)?.[1]}: ${cause.trim()}`
}

function place(context: TestContext): string {
  needs(context, 'root')
  return scratch()
}

describe.each([
  ['supervise', supervise, 'journal'],
  ['open_log', openLog, 'log'],
  ['listen', listen, 'attach'],
] as const)('%s', (name, call, file) => {
  test('ENOENT: the directory is gone, who has removed it?', async (context) => {
    const dir = join(place(context), 'gone')
    const told = `the container's directory is gone, ${dir}; to see which are there: stepbox ps -a`
    expect(await causeIn(call(dir))).toBe(`ENOENT: ${told}`)
  })

  test('ENOSPC: there is space, and no inode', async (context) => {
    const dir = place(context)
    const few: Call = ['mount', 'tmpfs', dir, 'tmpfs', [], 'nr_inodes=1']
    const told = `no inode is left for ${dir} (df -i); to free some: stepbox container prune`
    expect(await causeIn(...ownMounts, few, call(dir))).toBe(`ENOSPC: ${told}`)
  })

  test('a directory that is in the way is named', async (context) => {
    const dir = place(context)
    mkdirSync(join(dir, file))
    const errno = name === 'listen' ? 'EADDRINUSE' : 'EISDIR'
    const told = `a directory is in its place: rm -r ${dir}/${file}`
    expect(await causeIn(call(dir))).toBe(`${errno}: ${told}`)
  })

  test('EMFILE: the limit, and how to raise it', async (context) => {
    const told = 'it may have 12 files open at most; to raise that: --ulimit nofile=1024'
    const limit: Call = ['setrlimit', 'RLIMIT_NOFILE', 12, 12]
    expect(await causeIn(limit, call(place(context)))).toBe(`EMFILE: ${told}`)
  })
})

test.for([
  [supervise, 'journal'],
  [openLog, 'log'],
] as const)('ELOOP: a link is not followed', async ([call, file], context) => {
  const dir = place(context)
  symlinkSync('/etc/passwd', join(dir, file))
  const told = `a symbolic link is in its place, and is not followed: rm ${dir}/${file}`
  expect(await causeIn(call(dir))).toBe(`ELOOP: ${told}`)
})

test('listen: ENOENT where there is no /proc', async (context) => {
  const without: Call[] = [...ownMounts, ['umount2', '/proc', ['MNT_DETACH']]]
  const told = 'the socket is named by /proc, which is not there: mount -t proc proc /proc'
  expect(await causeIn(...without, listen(place(context)))).toBe(`ENOENT: ${told}`)
})

describe('attach', () => {
  test('ENOENT: the container is not started', async (context) => {
    const told = 'no process of the container listens; to start it: stepbox start -a'
    expect(await causeIn(attach(place(context)))).toBe(`ENOENT: ${told}`)
  })

  test('ECONNREFUSED: who listened was killed', async (context) => {
    const dir = place(context)
    await causeIn(listen(dir), ['chdir', `${dir}/nowhere`]) // its process ends, the socket stays
    const told = 'who listened has ended; to see how: stepbox ps -a'
    expect(await causeIn(attach(dir))).toBe(`ECONNREFUSED: ${told}`)
  })
})

test('init: EAGAIN, because it takes a process, too', async (context) => {
  needs(context, 'cgroup-pids')
  const { root } = await store(context)
  const { err, code } = await stepbox(
    ['run', '--rm', '--init', '--pids-limit', '1', 'busybox', 'true'],
    { root },
  )
  const [failed, , cause] = err.split('\n')
  expect(failed).toBe('stepbox: init() = EAGAIN')
  const told = 'the container has as many processes as it may have, 1: see --pids-limit'
  expect({ cause: cause?.trim(), code }).toEqual({ cause: told, code: 125 })
})
