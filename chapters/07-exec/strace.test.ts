/** Tests. What strace(1) sees of the lists of exec and of cp: the list, in each process. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { calls } from '../../runtime/call-table.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { identify } from '../../runtime/process.ts'
import { needs } from '../../test/scratch.ts'
import { seen } from '../../test/stracing.ts'
import { typicalCopy } from '../../runtime/07-exec/copy/list.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached } from '../../test/detached.ts'
import { program } from '../../test/stepbox.ts'
import { copyPlan } from './cp.ts'
import { execPlan } from './exec.ts'

test('a newcomer makes the calls of its list, and no others', async (context) => {
  needs(context, 'root', 'strace')
  const { pid = 0, start = 0 } = identify(process.pid) ?? {}
  const namespaces = ['CLONE_NEWIPC', 'CLONE_NEWUTS', 'CLONE_NEWPID', 'CLONE_NEWNS'] as const
  const target = { pid, start, namespaces: [...namespaces], members: [] }
  const streams = { hasInput: true, isJoined: false }
  const options = { argv: ['true'], env: ['PATH=/bin'], streams }
  const list = execPlan(planOptions([], { ...options, target, cwd: '/tmp' }))
  const { lines } = await seen(list)
  const names = lines.map((line) => /^\w+/.exec(line)?.[0]).join(' ')
  const made = list.flatMap(({ call }) => calls[call[0]].makes ?? [call[0]])
  const expected = made.filter((each) => !each.endsWith('?')) // those are about a terminal
  expect(names).toBe(expected.map((each) => each.replace(/[+*]$/, '')).join(' '))
  expect(lines).toContain('prctl(PR_SET_DUMPABLE, 0)')
  expect(lines).toContain(`pidfd_open(${pid}, 0)`)
  const joined = lines.filter((line) => line.startsWith('setns('))
  expect(joined.map((line) => line.replace(/^.*, |\)$/g, ''))).toEqual(namespaces)
})

test('a copy makes the calls of its list, and no others', async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr', 'strace')
  const root = await rootWithBusybox()
  const box = await runDetached(root, ['--name', 'box'], 'mkdir /w; echo ready; exec sleep 1000')
  await vi.waitFor(() => expect(box.logged()).toContain('ready'), { timeout: 20_000 })
  const list = copyPlan(planOptions([], { copied: typicalCopy(box.state().init?.pid) }))
  const { lines } = await seen(list)
  const made = list.flatMap(({ call }) => calls[call[0]].makes ?? [call[0]])
  const names = made.map((name) => name.replace(/[+*]$/, ''))
  expect(lines.map((line) => /^\w+/.exec(line)?.[0])).toEqual(names)
  expect(lines.filter((line) => /^(mkdir|pwrite64)/.test(line))).toEqual([
    'mkdir("sub", 0750)',
    'pwrite64(6, "new\\n", 4, 0)',
    'pwrite64(6, "new\\n", 4, 0)',
  ])
})

test('what a newcomer writes is not lost, however late its start is noticed', async (context) => {
  needs(context, 'root', 'overlay', 'setns-pidfd', 'strace')
  const root = await rootWithBusybox()
  await runDetached(root, ['--name', 'box'], 'exec sleep 1000')
  // Its parent learns that one child has ended, and by the time it asks which, the other has, too.
  const late = ['-e', 'trace=wait4', '-e', 'inject=wait4:delay_enter=1000000']
  const command = [process.execPath, program, '--root', root, 'exec', 'box', 'echo', 'out']
  const { stdout } = await promisify(execFile)('strace', ['-fqo', '/dev/null', ...late, ...command])
  expect(stdout).toBe('out\n')
})
