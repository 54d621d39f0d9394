/** Tests. Which group a newcomer joins when the container's own takes no processes (version 2). */
import { expect, test } from 'vitest'
import { groupBelow } from '../../runtime/07-exec/target.ts'

const [mount, dir] = ['/sys/fs/cgroup', '/sys/fs/cgroup/stepbox-1']

test.for([
  ['0::/stepbox-1/init.scope\n', `${dir}/init.scope`],
  ['12:pids:/elsewhere\n0::/stepbox-1/a/b\n', `${dir}/a/b`],
  ['0::/stepbox-1\n', dir],
  ['0::/stepbox-10/a\n', dir],
  ['0::/../../other\n', dir],
  ['0::/stepbox-1/../other\n', dir],
  ['', dir],
] as const)('process 1 is in %j', ([record, expected]) => {
  expect(groupBelow(dir, mount, record)).toBe(expected)
})
