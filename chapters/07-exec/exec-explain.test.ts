/** Tests. Why a newcomer does not get in is said in words. */
import { expect, test } from 'vitest'
import type { Call } from '../../runtime/calls.ts'
import { identify } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { steps } from '../../test/carry-out.ts'
import { runDetached } from '../../test/detached.ts'
import { explainedIn } from '../../test/explaining.ts'
import { rowsTo } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

async function causeIn(...calls: Call[]): Promise<string> {
  const { text } = await explainedIn(steps(...calls), await rowsTo(7))
  const [failed = '', , cause = 'no cause'] = text.split('\n')
  return `${/ = (\w+)$/.exec(failed)?.[1]}: ${cause.trim()}`
}

test('ESRCH: the number is another process by now', async (context) => {
  needs(context, 'root')
  const told = 'the container has ended meanwhile; to see how: stepbox ps -a'
  expect(await causeIn(['pidfd_open', process.pid, 1])).toBe(`ESRCH: ${told}`)
})

test('EINVAL: its own user namespace cannot be joined', async (context) => {
  needs(context, 'root')
  const told = 'it is in that user namespace already, which setns(2) refuses'
  const { start = 0 } = identify(process.pid) ?? {}
  const first: Call[] = [['close_range', 4, 4294967295, []], ['pidfd_open', process.pid, start]]
  expect(await causeIn(...first, ['setns_pidfd', 4, 'CLONE_NEWUSER'])).toBe(`EINVAL: ${told}`)
})

test('EAGAIN: the container has no room for one more process', async (context) => {
  needs(context, 'root', 'overlay', 'cgroup-pids')
  const root = await rootWithBusybox()
  await runDetached(root, ['--name', 'box', '--pids-limit', '1'], 'exec sleep 1000')
  const { code, err } = await stepbox(['exec', 'box', 'true'], { root })
  const told = 'the container has as many processes as it may have, 1: see --pids-limit'
  expect({ code, cause: err.split('\n')[2]?.trim() }).toEqual({ code: 126, cause: told })
})

test.for([
  ['/none', 'ENOENT', /^the container has no \/none, and exec makes none, unlike run: mkdir -p /],
  ['/etc/passwd', 'ENOTDIR', /^\/etc\/passwd is a file, not a directory$/],
  ['/led', 'ENOENT', /^\/led is a symbolic link to nowhere: \/nowhere does not exist$/],
  ['/loop', 'ELOOP', /^the symbolic links of \/loop form a loop$/],
] as const)('%s is no working directory: %s', async ([path, errno, cause], context) => {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const script = 'ln -s nowhere /led; ln -s loop /loop; echo ready; exec sleep 1000'
  await runDetached(root, ['--name', 'box'], script)
  const { code, err } = await stepbox(['exec', '-w', path, 'box', 'pwd'], { root })
  const [failed, , why = ''] = err.split('\n')
  expect([code, failed]).toEqual([126, `stepbox: chdir("${path}") = ${errno}`])
  expect(why.trim()).toMatch(cause)
})
