/** Tests. Which lists are carried out: what the course needs, and nothing that reaches the host. */
import { describe, expect, test, vi } from 'vitest'
import { hybrid, v1, v2 } from '../../chapters/02-cgroups/machines.ts'
import { chapters } from '../../chapters/table.ts'
import { planOptions, rowsUpTo } from '../../runtime/chapter.ts'
import { checkedList } from '../../runtime/lab/check-list.ts'
import { placeInTree } from '../../runtime/lab/list-paths.ts'
import { RefusedList } from '../../runtime/lab/list-shape.ts'
import type { Call } from '../../runtime/calls.ts'
import { allRules } from '../../runtime/lab-rules.ts'
import { toolStep } from '../../runtime/step.ts'
import { box, given, group, hostileLists, layer, mount, type Written } from './hostile-lists.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const listOf = (calls: Written[]) => calls.map((call) => toolStep(call as Call, 'a test'))
const judged = (calls: Written[]) => checkedList(listOf(calls), given)
describe('a list is carried out', () => {
  for (const [kind, cgroups] of Object.entries({ hybrid, v1, v2 }))
    test.each(chapters)(`if it is chapter $number's, with groups of ${kind}`, async (entry) => {
      const rows = await rowsUpTo(chapters, entry.number)
      const limits = { memoryBytes: 2 ** 26, pidsMax: 20, cpus: 0.5, cpusetCpus: '0' }
      const options = planOptions(rows, {
        group: { name: group, cgroups, limits },
        ...{ root: given.root, dir: box, layers: ['init', 'lower0'], readOnly: true, cwd: '/tmp' },
      })
      const trees = cgroups.hierarchies.map((each) => each.mount)
      const list = (await rows.at(-1)?.plan(options)) ?? []
      const sent: unknown = JSON.parse(JSON.stringify(list))
      const labs = await Promise.all(rows.map((row) => row.lab?.()))
      const allowed = allRules(labs.map((lab) => lab?.allows))
      expect(checkedList(sent, { ...given, trees, options }, allowed)).toHaveLength(list.length)
    })

  test('with the command of the grader, whatever command it has', () => {
    const [step] = judged([['execvpe', '/bin/evil', ['evil'], ['LD_PRELOAD=evil.so']]])
    expect(step?.call).toEqual(['execvpe', 'sh', given.argv, given.env])
  })

  const right: Record<string, Written[]> = {
    'switch_root': [mount('/image/rootfs', '/image/rootfs', null, ['MS_BIND']),
      ['chdir', '/image/rootfs'], mount('.', '/', null, ['MS_MOVE']), ['chroot', '.'],
      ['chdir', '/']],
    'put_old in a directory': [['mkdir', '/image/rootfs/old', 0o700],
      ['pivot_root', '/image/rootfs', '/image/rootfs/old'], ['chdir', '/'],
      ['umount2', '/old', []]],
    'an overlay by whole paths': [mount('overlay', `${box}/merged`, 'overlay', [],
      `lowerdir=${layer},upperdir=${box}/upper,workdir=${box}/work`)],
    'a layer as upper, which the kernel refuses': [['chdir', box],
      mount('overlay', 'merged', 'overlay', [], 'lowerdir=init,upperdir=lower0,workdir=work')],
    'devices of the machine, bound': [['mknod', '/image/rootfs/dev/null', 'S_IFREG', 0o666, 0, 0],
      mount('/dev/null', '/image/rootfs/dev/null', null, ['MS_BIND'])],
    'a hidden file': [mount('/dev/null', '/proc/kcore', null, ['MS_BIND'])],
    'a whiteout': [['mknod', `${box}/upper/gone`, 'S_IFCHR', 0, 0, 0]],
  }
  test.each(Object.entries(right))('%s: it differs from ours, and harms nothing', (_, calls) => {
    expect(judged(calls)).toHaveLength(calls.length)
  })
})

describe('a list is refused, before any of it is made, that', () => {
  test.each(Object.entries(hostileLists))('%s', (_, calls) => {
    expect(() => judged(calls)).toThrow(RefusedList)
  })

  test('counts on a step that it allows to fail', () => {
    const [step] = listOf([['chdir', '/image/rootfs']])
    expect(() => checkedList([{ ...step, ignoring: 'ENOENT' }], given)).toThrow(/may not ignore/)
  })

  const misshapen: Record<string, unknown> = {
    'is no list': { length: 3 },
    'is text': 'fork',
    'has 501 steps': listOf(Array.from({ length: 501 }, (): Written => ['setsid'])),
    'has a step that is none': [null],
    'has a step without a call': [{ why: 'x' }],
    'makes a call of the prototype': listOf([['constructor']]),
    'makes a call that is no text': [{ call: [{}] }],
    'gives too few arguments': listOf([['chdir']]),
    'gives a number for text': listOf([['chdir', 7]]),
    'gives an object for a number': listOf([['setuid', {}]]),
    'gives a fraction': listOf([['setuid', 0.5]]),
    'gives text with a NUL': listOf([['chdir', '/\0etc']]),
    'gives half a character': listOf([['chdir', '/\ud800']]),
    'gives 5000 letters': listOf([['sethostname', 'x'.repeat(5000)]]),
    'gives 300 users': listOf([['setgroups', Array.from({ length: 300 }, () => 1)]]),
    'gives a flag of another call': listOf([['unshare', ['MS_BIND']]]),
  }
  test.each(Object.entries(misshapen))('%s', (_, value) => {
    expect(() => checkedList(value, given)).toThrow(RefusedList)
  })
})

describe('a path', () => {
  test('means the same in each tree', () => {
    const paths = ['/proc', '/image/rootfs/proc', `${box}/merged/proc`]
    expect(paths.map((path) => placeInTree(path, '/', given))).toEqual(['/proc', '/proc', '/proc'])
  })

  test('is seen from where the list stands', () => {
    expect(placeInTree('merged', box, given)).toBe('/')
    expect(placeInTree('.', `${box}/merged`, given)).toBe('/')
    expect(placeInTree('dev', '/image/rootfs', given)).toBe('/dev')
  })

  test.each(['a/../b', '/a/', '/a/./b', 'a//b', '//a', ''])('as %j is none', (path) => {
    expect(placeInTree(path, '/', given)).toBeUndefined()
  })
})
