/** Tests. Doctor tries what this chapter needs of the kernel, and names what is missing. */
import { expect, test } from 'vitest'
import { execCapabilities } from '../../runtime/07-exec/capabilities.ts'
import { beginning, bpf, encoded, verdict, when } from '../../runtime/seccomp.ts'
import { attempt } from '../../runtime/tools/doctor/attempt.ts'
import { demandsOf, diagnose } from '../../runtime/tools/doctor/diagnosis.ts'
import { steps } from '../../test/carry-out.ts'
import { machine, ordinary } from '../../test/doctor-machines.ts'
import { rowsTo } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'

/** The call that each needs, by its number, and the version of Linux that has it. */
const calls = {
  pidfd: { name: 'pidfd_open', number: 434, since: '5.3' },
  'setns-pidfd': { name: 'setns', number: process.arch === 'arm64' ? 268 : 308, since: '5.8' },
  openat2: { name: 'openat2', number: 437, since: '5.6' },
  'mount-setattr': { name: 'mount_setattr', number: 442, since: '5.12' },
}

const added = execCapabilities.map(({ name }) => [name, { ok: true }] as const)

test.for(Object.entries(calls))('a kernel without %s is found out', async (row, context) => {
  needs(context, 'root', 'setns-pidfd', 'openat2', 'mount-setattr')
  const [name, { name: call, number, since }] = row
  const capability = execCapabilities.find((each) => each.name === name)
  const filter = [
    ...beginning(process.arch),
    ...when([bpf.isEqual, number], verdict.ENOSYS),
    [bpf.answer, 0, 0, verdict.allow] as [number, number, number, number],
  ]
  const tried = capability?.tried() ?? []
  expect(await attempt(tried)).toEqual({ ok: true })
  const failed = await attempt([...steps(['seccomp', encoded(filter)]), ...tried])
  expect(failed).toMatchObject({ ok: false, errno: 'ENOSYS' })
  expect(failed.call).toMatch(new RegExp(`^${call}\\(`))
  const tries = { ...ordinary.tries, ...Object.fromEntries(added), [name]: failed }
  const found = diagnose(machine({ tries }), await demandsOf(await rowsTo(7)))
  const told = found.capabilities.find((each) => each.name === name)
  expect(told).toMatchObject({ state: 'no', chapters: [7] })
  expect(told?.why).toContain(`since Linux ${since}`)
  expect(found.chapters.at(-1)).toMatchObject({ number: 7, state: 'part', missing: [name] })
})
