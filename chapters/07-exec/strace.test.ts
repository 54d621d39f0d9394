/** Tests. What strace(1) sees of the list of exec is the list, in each of the three processes. */
import { expect, test } from 'vitest'
import { calls } from '../../runtime/call-table.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { identify } from '../../runtime/process.ts'
import { needs } from '../../test/scratch.ts'
import { seen } from '../../test/stracing.ts'
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
