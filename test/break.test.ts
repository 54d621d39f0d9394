/** Tests. Break it: what is believed is tried, and the exercise tells what it saw. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { experiment } from '../runtime/tools/break/experiment.ts'
import { rootWithBusybox } from './busybox.ts'
import { rowOf, rowsTo } from './rows.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

describe('what is often believed', async () => {
  const all = (await rowsTo()).map(async ({ number, tools }) => {
    const { misconceptions = [] } = (await tools?.()) ?? {}
    return misconceptions.map((row) => ({ number, row, ...row }))
  })
  const tried = (await Promise.all(all)).flat()
  test.for(tried)('in chapter $number, $name: $consequence', async ({ number, row }, context) => {
    needs(context, 'root')
    const [root, rows] = [await rootWithBusybox(), await rowsTo(number)]
    const layers = await layerDirs(root, resolve(root, 'busybox'))
    const found = await experiment(rows, row, { root, layers })
    expect(found).toMatchObject({ isAsPredicted: true })
    expect(found.broken).not.toMatch(new RegExp(`^(?:${row.see.kept})$`, 's'))
  })
})

describe('stepbox break', () => {
  test('asks, runs the list without the line, and tells what it saw', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const args = ['break', '--chapter', 'namespaces', 'sethostname']
    const asked = await stepbox(args, { root, input: 'a\n' })
    expect(asked.out).toContain('What happens without it?')
    expect(asked.out).toMatch(/with it +box\n +without +machine\n/)
    expect(asked.out).toContain('0 of 1 predicted')
    const right = /No, it is (\w)\./.exec(asked.out)?.[1] ?? ''
    const number = 'abcd'.indexOf(right) + 1
    for (const typed of [right, right.toUpperCase(), `  ${number} `]) {
      const again = await stepbox(args, { root, input: `${typed}\n` })
      expect([typed, again.out]).toEqual([typed, expect.stringContaining('1 of 1 predicted')])
    }
  })

  test('the reason, which would be the answer, comes after it', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const args = ['break', '--chapter', 'namespaces', 'sethostname']
    const { out } = await stepbox(args, { root, input: 'a\n' })
    const [asked = '', answered = ''] = out.split('or q to end:')
    expect(asked).not.toContain('the host keeps its own')
    expect(answered).toMatch(/^ {2}reason +the container has a name, and the host keeps its own$/m)
    expect(answered).toMatch(/^The others happen elsewhere:\n( {2}[a-d] {2}without \S.*\n){3}/m)
  })

  test('what is no answer is asked again, and the end of input ends it', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const args = ['break', '--chapter', 'namespaces', 'sethostname']
    const { code, out } = await stepbox(args, { root, input: 'e\n\n5\n' })
    expect(out).toContain("'e' is no answer. a, b, c, d, or q to end:")
    expect(out.match(/or q to end:/g)).toHaveLength(4)
    expect([code, out]).toEqual([0, expect.stringContaining('0 of 0 predicted')])
  })

  test('what was predicted is not asked for again, unless that is asked for', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const all = (input: string, ...flags: string[]) =>
      stepbox(['break', '--chapter', 'overlay', ...flags], { root, input })
    const wrong = ['a', 'b'].map((typed) => all(`${typed}\nq\n`))
    const asked = await Promise.all(wrong)
    const [letter = ''] = /(?<=No, it is )\w/.exec(asked.map(({ out }) => out).join('')) ?? []
    const { out } = await all(`${letter}\nq\n`)
    expect(out).toContain(`Kept in ${root}/break.json; break goes on there.`)
    const kept = JSON.parse(readFileSync(`${root}/break.json`, 'utf8')) as { answers: object }
    expect(Object.values(kept.answers)).toEqual(['right'])
    const next = await all('q\n')
    expect(next.out).toMatch(/^1 of \d+ are predicted; --again asks for them too\n\n2 of \d+ /)
    expect((await all('q\n', '--again')).out).toMatch(/^\n1 of \d+ /)
    writeFileSync(`${root}/break.json`, '{"version":2}')
    expect(await all('q\n')).toMatchObject({
      code: 1,
      err: expect.stringContaining('break.json is not what break writes: move it away'),
    })
  })

  test('--all prints every consequence of the chapter, without root, in 80 columns', async () => {
    for (const { slug, tools } of await rowsTo()) {
      const { consequences = [], misconceptions = [] } = (await tools?.()) ?? {}
      if (consequences.length === 0) continue
      const { out } = await stepbox(['--chapter', slug, 'break', '--all'], { root: '/none' })
      expect(out.split('\n').filter((line) => [...line].length > 80)).toEqual([])
      const text = joined(out)
      for (const { name, consequence } of misconceptions)
        for (const each of [name, consequence]) expect(text).toContain(joined(each))
      const missing = consequences.filter(({ consequence }) => !text.includes(joined(consequence)))
      // There are rows for control groups of either version, and this machine is of one.
      if (slug !== 'cgroups') expect(missing).toEqual([])
      expect(missing.length).toBeLessThan(consequences.length)
    }
  })

  test('a chapter that adds no line has the exercises of all before it', async (context) => {
    const table = async ({ slug }: { slug: string }) => {
      const { out } = await stepbox(['--chapter', slug, 'break', '--all'], { root: '/none' })
      return out.replace(/\/proc\/\d+\//g, '/proc/PID/') // the program's own
    }
    const rows = await rowsTo()
    const at = rows.findIndex(({ slug }) => slug === 'commit')
    const each = await Promise.all(rows.slice(0, at).map(table))
    const last = await table(await rowOf('commit'))
    const lines = last.split('\n').filter((line) => !/^chapter \d/.test(line))
    expect(lines.join('\n')).toBe(each.join(''))
    needs(context, 'root')
    const { out } = await stepbox(['--chapter', 'commit', 'break', 'no-private', 'chroot'], {
      root: await rootWithBusybox(),
      input: 'a\na\n',
    })
    expect(out.match(/^ {2}without +(2|host)$/gm)).toHaveLength(2)
    expect(out).toMatch(/[0-2] of 2 predicted/)
  })

  test('names what it has when asked for a line that is not there', async () => {
    const args = ['break', '--chapter', 'overlay', 'frob']
    const { code, err } = await stepbox(args, { root: '/none' })
    expect(code).toBe(125)
    expect(err).toMatch(/no line 'frob' in chapter \d; have: .*work-elsewhere/)
  })
})

describe('run --without', () => {
  test('runs the rest of the list where it reaches nobody', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const script = 'touch /harm 2> /dev/null || echo kept out; hostname'
    const flags = ['--rm', '--without', 'pivot_root', '-h', 'box']
    // From network on, files are mounted in /etc, which the host's root, detached, does not take.
    const args = ['--chapter', 'volumes', 'run', ...flags, 'busybox', 'sh', '-c', script]
    const { out, err } = await stepbox(args, { root })
    expect(out).toBe('kept out\nbox\n')
    expect(err).toMatch(/^without line \d+, pivot_root\("\.", "\."\)\n {2}\S/)
  })

  test('counts lines as plan does, watched in whatever way', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { out: printed } = await stepbox(['plan', 'busybox', 'true'], { root })
    const planned = [...printed.matchAll(/^ *(\d+) +\d+ +(\w+)/gm)].map((all) => all.slice(1))
    const left = planned.findIndex(([, name]) => name === 'sethostname')
    const expected = planned.toSpliced(left, 1)
    const words = ['--rm', '--without', 'sethostname', 'busybox', 'true']
    const traced = await stepbox(['run', '--trace', ...words], { root })
    expect(traced.err).toMatch(/^ *· mount\(/m)
    const numbered = [...traced.err.matchAll(/^ *(\d+) (\w+)\(/gm)].map((all) => all.slice(1))
    expect(numbered.map(([number]) => number)).toEqual(expected.map(([number]) => number))
    const [at] = expected.find(([, name]) => name === 'pivot_root') ?? []
    const input = `to ${at}\nquit\n`
    const walked = await stepbox(['run', '--step', ...words], { root, input })
    expect(walked.err).toContain(`\nnext ${at} pivot_root(`)
    expect(walked.err).toMatch(/\nnext 0 unshare\(/)
  })

  test('a line that a later chapter leads elsewhere is told of in its words', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    for (const chapter of ['overlay', 'commit', 'lifecycle']) {
      const at = ['--chapter', chapter]
      const { out } = await stepbox([...at, 'plan', 'busybox', 'true'], { root })
      const [, number = ''] = /^ *(\d+) .*chdir\("merged"\)$/m.exec(out) ?? []
      const args = [...at, 'run', '--rm', '--without', number, 'busybox', 'true']
      const { err } = await stepbox(args, { root })
      expect(err).toContain('chdir("merged")\n  "." is a directory of the host, and no mount\n')
    }
  })

  test('a line that is not in the list is said before anything runs', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { code, err } = await stepbox(['run', '--without', 'frob', 'busybox', 'true'], { root })
    expect([code, err]).toEqual([125, expect.stringContaining("no line or call 'frob'")])
  })
})

/** What was broken into several lines is whole again. */
function joined(text: string): string {
  return text.replaceAll(/\s/g, '')
}
