/** What it promises of a container, kept from here on and broken before. */
import { join } from 'node:path'
import { carryOut } from '../../test/carry-out.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { facts } from '../../test/trees.ts'

export const promises: Promised[] = [
  {
    promise: 'what it writes and deletes leaves the image as it was',
    see: imageAfter,
    kept: 'as it was',
    broken: 'changed',
  },
  {
    promise: 'two containers of one image do not see what the other writes',
    see: secondOfTwo,
    kept: 'unseen',
    broken: 'seen',
  },
  {
    promise: 'its mount table tells no path of the host',
    see: { inside: 'grep -c rootfs /proc/self/mountinfo' },
    kept: '0',
    broken: '[1-9]\\d*',
  },
  {
    promise: 'it knows its own name: /etc/hostname and /etc/hosts are told at its start',
    see: { inside: 'cat /etc/hostname 2> /dev/null; grep -c box /etc/hosts 2> /dev/null; true' },
    kept: 'box\n1',
    broken: '',
  },
  {
    promise: 'with --read-only it writes nothing',
    options: { readOnly: true },
    see: { inside: '(: > /x) 2> /dev/null && echo written || echo refused' },
    kept: 'refused',
    broken: 'written',
  },
]

async function imageAfter({ number, plan, world }: Candidate): Promise<string> {
  const script = 'echo new > /etc/new; echo changed > /etc/passwd; rm -r /bin/ls /tmp'
  const options = world(`[ -d /usr/share ] || { ${script}; }`) // never on the host
  const image = number < 4 ? options.root : join(options.dir, options.layers.at(-1) ?? '')
  const before = await facts(image)
  await carryOut(plan(options))
  const after = await facts(image)
  return before.join('\n') === after.join('\n') ? 'as it was' : 'changed'
}

async function secondOfTwo({ plan, world }: Candidate): Promise<string> {
  await carryOut(plan(world('[ -d /usr/share ] || echo secret > /written')))
  const second = world('[ -e /written ] && echo seen || echo unseen')
  return (await carryOut(plan(second))).out.trim()
}
