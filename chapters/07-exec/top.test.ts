/** Tests. top: the host's ps, and of its rows those of the container. */
import { expect, test } from 'vitest'
import { processesIn } from '../../runtime/02-cgroups/group-control.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const run = ['run', '-d', '--network', 'none', '--name', 'aa', 'busybox']

test('its pids are those of the host, also of children and of what was let in', async (context) => {
  needs(context, 'root', 'overlay', 'ps')
  const root = await rootWithBusybox()
  const type: Typed = (...words) => stepbox(words, { root })
  await type(...run, 'sh', '-c', 'sleep 1000 & wait')
  await type('exec', '-d', '-u', '1', 'aa', 'sleep', '1001')
  const pids = () => processesIn(findContainer(root, 'aa').groups ?? [])
  while (pids().length < 3) await new Promise((go) => setTimeout(go, 10))
  const rows = (await type('top', 'aa', '-o', 'pid,args')).out.trim().split('\n').slice(1)
  const shown = rows.map((row) => Number.parseInt(row, 10))
  expect(shown.sort()).toEqual(pids().sort())
  expect(rows.join()).toContain('sleep 1001')
  const json = JSON.parse((await type('top', '--format', 'json', 'aa')).out) as string[][]
  expect(json).toMatchObject({ Titles: { length: 8 }, Processes: { length: 3 } })
})

/** Options of ps; the rest of a line is about other names and states. */
const lines = [
  'aa', 'aa -ef', 'aa aux', 'aa -o pid,comm', 'aa -o comm', 'aa -eo pid,args', 'aa -e', 'aa x',
  'aa ax -o pid,user,args', 'aa -zz', 'aa -C nosuch', 'aa -eo ppid,pid,comm --sort -pid',
  'aa -p 1', 'aa --no-headers -ef', 'aa -o args,pid', 'aa -o pid=', 'aa -efH', 'nosuch', 'bb',
]

/** Pids, times and what sleeps differ by nature. */
function alike(out: string): string {
  return out.replaceAll(/\b\d\d:\d\d\b(:\d\d)?|\b\d+(\.\d+)?\b/g, 'N').replaceAll(/ +/g, ' ')
}

async function answers(type: Typed): Promise<string[]> {
  await type(...run, 'sh', '-c', 'sleep 1000 & echo; wait')
  await type('create', '--network', 'none', '--name', 'bb', 'busybox', 'true')
  while ((await type('top', 'aa')).out.split('\n').length < 4) continue
  const found: string[] = []
  for (const line of lines) {
    const { code, out } = await type('top', ...line.split(' '))
    found.push(`top ${line} = ${code}\n${alike(out).replaceAll(/ $/gm, '')}`)
  }
  return found
}

test('columns, rows and exit codes are those of Docker', async (context) => {
  const { docker } = await dockerd(context)
  const root = await rootWithBusybox()
  const ours = answers((...words) => stepbox(words, { root }))
  const [expected, found] = await Promise.all([answers(docker), ours])
  expect(found).toEqual(expected)
}, 240_000)

test('what ps does not understand is said in its words', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  await stepbox(['run', '-d', '--name', 'box', 'busybox', 'sleep', '1000'], { root })
  const { code, err } = await stepbox(['top', 'box', '--zz'], { root })
  expect(code).toBe(1)
  expect(err).toMatch(/^stepbox: ps: error/)
})
