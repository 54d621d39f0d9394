/** Each line that this chapter adds to the list, and what happens without it. */
import type { PlannedMount, PlannedTree } from '../../runtime/08-volumes/mounts.ts'
import type { Call } from '../../runtime/calls.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'

/** On the pretend machine: a directory with a mount below it, and a file. */
const before: Call[] = [
  ['mount', 'disk', '/mnt', 'tmpfs', [], null],
  ['mkdir', '/mnt/www', 0o755],
  ['mkdir', '/mnt/www/place', 0o755],
  ['mkdir', '/mnt/www/below', 0o755],
  ['mount', 'disk', '/mnt/www/below', 'tmpfs', [], null],
  ['mkdir', '/mnt/www/below/place', 0o755],
  ['create', '/mnt/file', Buffer.from('text\n'), 0o644, 0, 0, 0n, 0],
]

/** The directory, given as `more` says. */
function tree(target: string, more: Partial<PlannedTree>): PlannedTree {
  const how = { isFile: false, readOnly: false, isRecursive: true, isWritableBelow: false }
  return { type: 'tree', source: '/mnt/www', target, ...how, propagation: 'rshared', ...more }
}

const volumes: PlannedMount[] = [
  tree('/own', { propagation: 'rprivate' }),
  tree('/reads', { propagation: 'rslave', readOnly: true }),
  tree('/top', { propagation: 'private' }),
  { type: 'tmpfs', target: '/memory', flags: ['MS_NOSUID', 'MS_NODEV'], data: 'size=1m' },
  tree('/file', { source: '/mnt/file', isFile: true }),
  tree('/shared', {}),
  tree('/part', { within: 'below' }),
]

const given = { before, options: (): Partial<PlanOptions> => ({ volumes }) }

/** Says which of them are not where they should be. */
const looks = {
  inside:
    'for d in own reads top shared; do [ -e /$d/below ] || echo /$d is empty; done; ' +
    '[ -s /file ] || echo /file is empty; [ -e /part/place ] || echo /part is empty; ' +
    'grep -q " /memory " /proc/self/mountinfo || echo no memory; echo looked',
  kept: 'looked',
}

/** A mount is made in the container; does it appear in `place`, on either side? */
const mounts = (where: string) => `mount -t tmpfs late ${where} && echo ready; read line`
const onTheHost = (place: string) => ({
  outside: `grep -q " ${place} " /proc/$machine/mountinfo && echo there || echo not there`,
  kept: 'not there',
  broken: 'there',
})

export const consequences: Consequence[] = [
  {
    ...given,
    drop: /^open_tree\(.*\/\* as \d+ \*\/$/,
    consequence: 'the line that attaches it finds nothing: no tree was opened',
    see: {
      ...looks,
      broken: '(mount_setattr_tree|move_mount_to) = EBADF',
    },
  },
  {
    ...given,
    drop: /^open_tree\(.*"\/mnt\/www".*\/\* as 128 \*\/$/,
    flag: 'AT_RECURSIVE',
    consequence: 'what is mounted below the directory is missing, and an empty place is there',
    see: { inside: 'ls /own/below', kept: 'place', broken: '' },
  },
  {
    ...given,
    drop: /^mount_setattr\(.*AT_RECURSIVE, \{propagation=MS_PRIVATE/,
    consequence: 'what the container mounts in it appears on the host',
    see: { inside: mounts('/own/place'), ...onTheHost('/mnt/www/place') },
  },
  {
    ...given,
    drop: /^mount_setattr\(.*AT_RECURSIVE, \{propagation=MS_PRIVATE/,
    flag: 'AT_RECURSIVE',
    consequence: 'what the container mounts further below appears on the host',
    see: { inside: mounts('/own/below/place'), ...onTheHost('/mnt/www/below/place') },
  },
  {
    ...given,
    drop: /^mount_setattr\(.*\{propagation=MS_SLAVE/,
    nth: 0,
    consequence: 'it goes both ways, and what the container mounts appears on the host',
    see: { inside: mounts('/reads/place'), ...onTheHost('/mnt/www/place') },
  },
  {
    ...given,
    drop: /^mount_setattr\(.*\{propagation=MS_SLAVE/,
    nth: 1,
    consequence: 'the mounts below are shared with the host in both directions',
    see: { inside: mounts('/top/below/place'), ...onTheHost('/mnt/www/below/place') },
  },
  {
    ...given,
    drop: /^mount_setattr\(\d+, "", AT_EMPTY_PATH, \{propagation=MS_PRIVATE/,
    consequence: 'what is mounted on the host appears here',
    see: {
      inside:
        'mount -t tmpfs late /shared/place; ' +
        'grep -q " /top/place " /proc/self/mountinfo && echo there || echo not there',
      kept: 'not there',
      broken: 'there',
    },
  },
  {
    ...given,
    drop: /^mount_setattr\(.*attr_set=MOUNT_ATTR_RDONLY/,
    consequence: 'the container can write to it, although it was to be read-only',
    see: writes('/reads/new'),
  },
  {
    ...given,
    drop: /^mount_setattr\(.*attr_set=MOUNT_ATTR_RDONLY/,
    flag: 'AT_RECURSIVE',
    consequence: 'the mounts below it can be written to',
    see: writes('/reads/below/new'),
  },
  {
    ...given,
    drop: /^mkdir\("\/(own|reads|top|memory|shared|part)"/,
    consequence: 'the image has no such directory, and nothing can be mounted there',
    see: { ...looks, broken: 'openat2 = ENOENT' },
  },
  {
    ...given,
    drop: /^mknod\("\/file"/,
    consequence: 'the image has no such file, and nothing can be mounted there',
    see: { ...looks, broken: 'openat2 = ENOENT' },
  },
  {
    ...given,
    drop: /^chdir\("\/mnt\/www"\)/,
    consequence: 'the part is looked for wherever the caller was',
    see: { ...looks, broken: 'openat2 = ENOENT' },
  },
  {
    ...given,
    drop: /^openat2\(AT_FDCWD, "below"/,
    consequence: 'nothing was opened that the number could stand for',
    see: { ...looks, broken: 'open_tree_as = ENOENT' },
  },
  {
    ...given,
    drop: /^openat2\(AT_FDCWD, "\//,
    consequence: 'the place was not opened, and there is nothing to attach it to',
    see: { ...looks, broken: '(move_mount_to|fchdir) = EBADF' },
  },
  {
    ...given,
    drop: /^move_mount\(\d+, "", \d+/,
    consequence: 'the place is empty, and what is written there stays in the write layer',
    see: { ...looks, broken: '/\\w+ is empty\nlooked' },
  },
  {
    ...given,
    drop: /^close\(/,
    consequence: 'the next line that counts on this number finds the one before',
    see: {
      ...looks,
      broken: '(/\\w+ is empty\n)+(no memory\n)?looked|move_mount_to = (EINVAL|ENOENT)',
    },
  },
  {
    ...given,
    drop: /^fchdir\(/,
    consequence: 'the tmpfs is mounted on the root, where it cannot be seen',
    see: { ...looks, broken: 'no memory\nlooked' },
  },
  {
    ...given,
    drop: /^mount\("tmpfs", "\."/,
    consequence: 'what is written there stays in the write layer, on the disk',
    see: { ...looks, broken: 'no memory\nlooked' },
  },
  {
    ...given,
    drop: /^chdir\("\/"\)/,
    consequence: 'the next place is looked up in a directory that is hidden by now',
    see: { ...looks, broken: 'openat2 = ENOENT' },
  },
]

function writes(path: string) {
  const inside = `(: > ${path}) 2> /dev/null && echo written || echo read-only`
  return { inside, kept: 'read-only', broken: 'written' }
}
