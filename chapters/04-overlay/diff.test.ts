/** What `diff` tells: each change once, against the image, as Docker would. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { batches } from '../../runtime/04-overlay/batches.ts'
import { diff } from '../../runtime/04-overlay/diff.ts'
import { perform } from '../../runtime/native.ts'
import { opaqueMark, type Stack } from '../../runtime/04-overlay/stack.ts'
import { readUpper } from '../../runtime/04-overlay/upper.ts'
import { steps } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { change, layOutEmpty } from '../../test/trees.ts'

interface Case {
  /** What each layer is made with, topmost first. */
  layers: string[]
  init?: string
  /** What the container does. */
  does: string
  tells: string[]
}

const cases: Record<string, Case> = {
  'nothing, when nothing happened': { layers: ['touch a'], does: 'cat a; ls', tells: [] },
  'a new file': { layers: ['true'], does: 'touch new', tells: ['A /new'] },
  'a new tree': {
    layers: ['true'],
    does: 'mkdir -p a/b; touch a/b/c; ln -s x a/link',
    tells: ['A /a', 'A /a/b', 'A /a/b/c', 'A /a/link'],
  },
  'a file that was written to, and not the directory around it': {
    layers: ['mkdir -p etc/deep; touch etc/deep/passwd'],
    does: 'echo x >> etc/deep/passwd',
    tells: ['C /etc/deep/passwd'],
  },
  'a new file in a directory of the image, and that directory': {
    layers: ['mkdir -p a/b'],
    does: 'touch a/b/new',
    tells: ['C /a/b', 'A /a/b/new'],
  },
  'a deleted file, and the directory that it was in': {
    layers: ['mkdir a; touch a/gone a/kept'],
    does: 'rm a/gone',
    tells: ['C /a', 'D /a/gone'],
  },
  'a deleted directory once': {
    layers: ['mkdir -p a/b; touch a/b/x a/y'],
    does: 'rm -r a',
    tells: ['D /a'],
  },
  'a change of mode, owner or time alone': {
    layers: ['mkdir d e f g; touch m o'],
    does: 'chmod 600 m; chown 1 o; chmod 700 d; chown 1 e; touch -d @1 f; touch g/x; rm g/x',
    tells: ['C /d', 'C /e', 'C /f', 'C /g', 'C /m', 'C /o'],
  },
  'a change of time of a directory, when a name in it came and went': {
    layers: ['mkdir -p d'],
    does: 'mv d e; mv e d',
    tells: ['C /d'],
  },
  'what became something else': {
    layers: ['mkdir d; touch d/x f'],
    does: 'rm -r d f; touch d; mkdir f; touch f/y',
    tells: ['C /d', 'C /f', 'A /f/y'],
  },
  'a renamed file': { layers: ['touch old'], does: 'mv old new', tells: ['A /new', 'D /old'] },
  'of a directory made again, each name that is gone': {
    layers: ['mkdir -p a/b/c a/kept; touch a/b/x a/kept/y a/z'],
    does: 'rm -r a; mkdir -p a/b a/kept; touch a/b/new a/z',
    tells: [
      'C /a',
      'C /a/b',
      'D /a/b/c',
      'A /a/b/new',
      'D /a/b/x',
      'C /a/kept',
      'D /a/kept/y',
      'C /a/z',
    ],
  },
  'the image as its layers show it together': {
    layers: ['mkdir d; touch d/upper; mknod d/gone c 0 0', 'mkdir d; touch d/lower d/gone'],
    does: 'rm d/upper; echo x > d/lower; rm -r d; mkdir d',
    tells: ['C /d', 'D /d/lower', 'D /d/upper'],
  },
  'in the order of a tree': {
    layers: ['true'],
    does: 'mkdir a; touch a-b a/x a0 a.c B é',
    tells: ['A /B', 'A /a', 'A /a/x', 'A /a-b', 'A /a.c', 'A /a0', 'A /é'],
  },
  'nothing of what the container was told at its start': {
    layers: ['mkdir etc; touch etc/hosts'],
    init: 'mkdir etc proc; touch etc/hosts etc/hostname',
    does: 'echo x >> etc/hosts; rm etc/hostname; touch proc/x; rm proc/x',
    tells: [],
  },
  'but what was done beside that': {
    layers: ['mkdir etc; touch etc/hosts'],
    init: 'mkdir etc run; touch etc/hosts etc/hostname',
    does: 'rm etc/hosts; touch etc/new run/x',
    tells: ['C /etc', 'A /etc/new', 'A /run', 'A /run/x'],
  },
  'and the directory of the image that holds it, if it was changed itself': {
    layers: ['mkdir etc; touch etc/hosts etc/own'],
    init: 'mkdir etc; touch etc/hosts',
    does: 'chmod 700 etc; rm -r etc; mkdir etc; touch etc/hosts',
    tells: ['C /etc', 'D /etc/own'],
  },
}

describe('diff tells', () => {
  for (const [name, { layers, init, does, tells }] of Object.entries(cases))
    test(name, async (context) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(layers.length)
      layers.forEach((script, at) => shell(`${dir}/lower${at}`, script))
      shell(`${dir}/init`, init ?? 'true')
      await change(dir, does)
      expect(await lines(stack)).toEqual(tells)
    })
})

test('an opaque directory in the image hides what lies below it, here too', async (context) => {
  needs(context, 'root')
  const { dir, stack } = layOutEmpty(3)
  shell(`${dir}/lower2`, 'mkdir -p d/sub; touch d/oldest d/sub/x')
  shell(`${dir}/lower1`, 'mkdir -p d/sub; touch d/old')
  shell(`${dir}/lower0`, 'mkdir d; touch d/new')
  await perform(steps(['lsetxattr', `${dir}/lower1/d`, opaqueMark, Buffer.from('y')]))
  await change(dir, 'echo x > d/oldest; echo x > d/old; mkdir d/sub/deep; touch d/sub/x')
  expect(await lines(stack)).toEqual([
    'C /d',
    'C /d/old',
    'A /d/oldest',
    'C /d/sub',
    'A /d/sub/deep',
    'A /d/sub/x',
  ])
  await change(dir, 'rm -r d; mkdir d')
  expect(await lines(stack)).toEqual(['C /d', 'D /d/new', 'D /d/old', 'D /d/sub'])
})

test('a name that is not UTF-8 is told byte for byte', async (context) => {
  needs(context, 'root')
  const { dir, stack } = layOutEmpty(1)
  await change(dir, `touch "$(printf 'a\\377b')"; rm -f nothing`)
  expect(await lines(stack)).toEqual(['A /a\udcffb'])
})

test('ten thousand names cost some twenty questions', async (context) => {
  needs(context, 'root')
  const { stack } = layOutEmpty(1)
  shell(stack.upper, 'for d in 0 1 2 3; do mkdir $d; (cd $d; seq 2500 | xargs touch); done')
  const portions: number[] = []
  const program = batches([])
  for await (const { length } of readUpper(stack, program)) portions.push(length)
  await program.end()
  expect(portions.reduce((sum, length) => sum + length)).toBe(10_004)
  expect(portions.length).toBeLessThan(30)
})

async function lines(stack: Stack): Promise<string[]> {
  return (await diff(stack)).map(({ kind, path }) => `${kind} ${path}`)
}

function shell(cwd: string, script: string): void {
  execFileSync('sh', ['-ec', script], { cwd })
}
