/** Tests. The lines that a container with volumes adds to the list, and where they stand. */
import { expect, test } from 'vitest'
import type { PlannedTree } from '../../runtime/08-volumes/mounts.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { strace } from '../../runtime/strace.ts'
import { planner, rowsTo } from '../../test/rows.ts'

const www: PlannedTree = {
  ...{ type: 'tree', source: '/srv/www', target: '/www', isFile: false, isRecursive: true },
  ...{ readOnly: true, isWritableBelow: false, propagation: 'rprivate' },
}

test('a tree is opened, made private and read-only, and attached inside the root', async () => {
  const rows = await rowsTo(8)
  const list = planner(rows.at(-1))(planOptions(rows, { volumes: [www] }))
  const lines = list.map(({ call }) => strace(call))
  const own = list.flatMap(({ chapter }, at) => (chapter === 8 ? [lines[at]] : []))
  const all = 'AT_EMPTY_PATH|AT_RECURSIVE'
  const inside = 'resolve=RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS'
  const descriptors = 'MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH'
  expect(own).toEqual([
    'open_tree(AT_FDCWD, "/srv/www", ' +
      'OPEN_TREE_CLONE|AT_RECURSIVE|OPEN_TREE_CLOEXEC) /* as 128 */',
    `mount_setattr(128, "", ${all}, {propagation=MS_PRIVATE}, 32)`,
    `mount_setattr(128, "", ${all}, {attr_set=MOUNT_ATTR_RDONLY}, 32)`,
    'mkdir("/www", 0755)',
    `openat2(AT_FDCWD, "/www", {flags=O_PATH|O_CLOEXEC, ${inside}}, 24)`,
    `move_mount(128, "", 10, "", ${descriptors})`,
  ])
  const placeOf = (start: string) => lines.findIndex((line) => line.startsWith(start))
  const order = ['open_tree(', 'mount(NULL, "/", NULL, MS_REC|MS_PR', 'umount2(', 'mkdir("/www"']
  const places = order.map(placeOf)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})

test('without volumes the list has the lines of the chapter before, in another order', async () => {
  const rows = await rowsTo(8)
  const options = planOptions(rows)
  const linesOf = (at: number) =>
    planner(rows.at(at))(options).map(({ call }) => strace(call)).sort()
  expect(linesOf(-1)).toEqual(linesOf(-2))
})
