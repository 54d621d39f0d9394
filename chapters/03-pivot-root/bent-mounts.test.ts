/** An image whose directories are symbolic links bends no mount elsewhere. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { planOptions } from '../../runtime/chapter.ts'
import { explainedIn } from '../../test/explaining.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { plan } from './plan.ts'

/*
 * Between pivot_root and umount2 the host's root lies on top of "/". A /proc mounted there would be
 * let go of in its place, and "/.." inside would be the host.
 */
it.for([
  ['proc', '.'],
  ['proc', '/'],
  ['proc', '..'],
  ['sys', 'proc'],
  ['dev', '/bin'],
])('no mount follows /%s where it is a link to %s', async ([name = '', target = ''], context) => {
  needs(context, 'root')
  const root = imageWith(name, target)
  const ordinary = planOptions([], {
    argv: ['/bin/true'],
    env: [],
    hostname: 'box',
    network: 'none',
    group: { name: 'stepbox-none', cgroups: { hierarchies: [] }, limits: {} },
    root,
  })
  const list = plan(ordinary)
  const { text } = await explainedIn(list)
  expect(text).toContain(' = ELOOP\n')
  expect(text).toContain(`/${name} is a symbolic link, which a mount must not follow`)
})

/** The directories that the list mounts on, one of them replaced by a link. */
function imageWith(name: string, target: string): string {
  const root = scratch()
  for (const dir of ['proc', 'sys', 'dev'])
    if (dir === name) symlinkSync(target, join(root, dir))
    else mkdirSync(join(root, dir))
  return root
}
