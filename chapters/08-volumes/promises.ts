/** What it promises of a container, kept from here on and broken before. */
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlannedTree } from '../../runtime/08-volumes/mounts.ts'
import type { Call } from '../../runtime/calls.ts'
import { tryRead } from '../../runtime/files.ts'
import { carryOut } from '../../test/carry-out.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { scratch } from '../../test/scratch.ts'

/** A directory of the pretend machine, with a mount below it. */
const before: Call[] = [
  ['mount', 'disk', '/mnt', 'tmpfs', [], null],
  ['mkdir', '/mnt/below', 0o755],
  ['mount', 'disk', '/mnt/below', 'tmpfs', [], null],
]

const tree: PlannedTree = {
  ...{ type: 'tree', source: '/mnt', target: '/given', isFile: false, isRecursive: true },
  ...{ readOnly: false, isWritableBelow: false, propagation: 'rprivate' },
}

export const promises: Promised[] = [
  {
    promise: 'what it writes into a directory that it was given outlives it',
    see: outlives,
    kept: 'on the host, and not in the write layer',
    broken: 'nowhere',
  },
  {
    promise: 'a directory that is given read-only is so, with all that is mounted below it',
    before,
    options: { volumes: [{ ...tree, readOnly: true }] },
    see: {
      inside:
        'for d in /given /given/below; do ' +
        '(: > $d/x) 2> /dev/null && echo written || { [ -d $d ] && echo read-only; }; done; true',
    },
    kept: 'read-only\nread-only',
    broken: '',
  },
  {
    promise: 'a link of the image leads to a place inside, and nothing is made on the host',
    see: throughLink,
    kept: 'inside',
    broken: 'not attached',
  },
]

/** A container writes into a directory of the host, which the world outside looks at. */
async function outlives({ plan, world }: Candidate): Promise<string> {
  const source = scratch()
  const options = world('[ -d /given ] && echo kept > /given/file')
  await carryOut(plan({ ...options, volumes: [{ ...tree, source }] }))
  if (tryRead(join(source, 'file')) !== 'kept\n') return 'nowhere'
  const copy = tryRead(join(options.dir, 'upper/given/file'))
  return copy === undefined ? 'on the host, and not in the write layer' : 'in both'
}

/** The target is a link to what neither the image nor the host has, in a directory of the host. */
async function throughLink({ plan, world }: Candidate): Promise<string> {
  const [source, outside] = [scratch(), scratch()]
  writeFileSync(join(source, 'file'), '')
  const options = world(`[ -e ${outside}/new/file ] && echo inside || echo not attached`)
  symlinkSync(join(outside, 'new'), join(options.dir, 'upper/link'))
  const volumes = [{ ...tree, source, target: '/link' }]
  const { out } = await carryOut(plan({ ...options, volumes }))
  return readdirSync(outside).length > 0 ? 'made on the host' : out.trim()
}
