/** Tests. The environment variables of a command, by Docker's rules. */
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askedVariables, environment } from '../../runtime/01-namespaces/environment.ts'
import { scratch } from '../../test/scratch.ts'

const asked = (env: string[], files: string[] = [], Env: string[] = []) =>
  askedVariables({ values: new Map([['env', env], ['env-file', files]]) }, { Env })

/** A variable of this process, for the running test. */
function callerHas(name: string, value: string): void {
  process.env[name] = value
  onTestFinished(() => void delete process.env[name])
}

describe('-e', () => {
  test('the last of a name counts, and keeps the place of the first', () => {
    expect(asked(['A=1', 'B=', 'A=2'], [], ['B=image', 'C=c'])).toEqual(['B=', 'C=c', 'A=2'])
  })

  test("NAME alone has the caller's value, and without one takes the variable away", () => {
    callerHas('STEPBOX_TEST_A', 'callers')
    const image = ['STEPBOX_TEST_A=image', 'STEPBOX_TEST_B=image']
    const all = asked(['STEPBOX_TEST_A', 'STEPBOX_TEST_B'], [], image)
    const told = environment(all, { hostname: 'box', home: '/root' })
    expect(told.filter((entry) => entry.startsWith('STEPBOX'))).toEqual(['STEPBOX_TEST_A=callers'])
  })

  test.for(['', '=x'])("'%s' has no name and is refused", (entry) => {
    expect(() => asked([entry])).toThrow('NAME=value, or NAME alone')
  })
})

describe('the defaults', () => {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const told = (entries: string[]) => environment(entries, { hostname: 'box', home: '/var' })

  test('are PATH, HOSTNAME and, from passwd, HOME', () => {
    expect(told([])).toEqual([path, 'HOSTNAME=box', 'HOME=/var'])
  })

  test('give way to what was asked for, an empty HOME excepted', () => {
    expect(told(['HOSTNAME=x', 'HOME=/h', 'PATH=/bin'])).toEqual([
      'PATH=/bin',
      'HOSTNAME=x',
      'HOME=/h',
    ])
    expect(told(['HOME='])).toContain('HOME=/var')
    expect(told(['HOSTNAME'])).toEqual([path, 'HOME=/var'])
  })
})

describe('--env-file', () => {
  const inFile = (content: string | Buffer) => {
    const file = join(scratch(), 'env')
    writeFileSync(file, content)
    return asked([], [file])
  }

  test('has a variable a line, comments, and names alone', () => {
    callerHas('STEPBOX_TEST_A', 'callers')
    const text = 'A=1\n#c\n  #d\n\nB=\nSTEPBOX_TEST_A\nSTEPBOX_TEST_NONE\nC=#x "q" \n 1-D.e=1'
    expect(inFile(text)).toEqual(['A=1', 'B=', 'STEPBOX_TEST_A=callers', 'C=#x "q" ', '1-D.e=1'])
  })

  test('may come from Windows, with a byte order mark', () => {
    expect(inFile('\ufeffA=1\r\nB=2\r')).toEqual(['A=1', 'B=2'])
    expect(inFile('\ufeff#A=1\nB=2\n')).toEqual(['B=2'])
  })

  test.for<[what: string, content: string | Buffer, words: string]>([
    ['blanks in a name', 'A=1\nexport B=1\n', "line 2: variable 'export B' contains whitespaces"],
    ['a blank before =', 'E =1\n', "line 1: variable 'E ' contains whitespaces"],
    ['no name', '=x\n', "line 1: no variable name on line '=x'"],
    ['bytes that are no text', Buffer.from('A=1\nB=\xff', 'latin1'), 'utf8 bytes at line 2'],
    ['a NUL', 'A=\0\n', 'has a NUL byte'],
  ])('with %s is refused', ([, content, words]) => {
    expect(() => inFile(content)).toThrow(words)
  })

  test('several add up, before all -e wherever these stand', () => {
    const dir = scratch()
    writeFileSync(join(dir, '1'), 'A=file\nB=file\n')
    writeFileSync(join(dir, '2'), 'B=file2\n')
    expect(asked(['A=flag'], [join(dir, '1'), join(dir, '2')])).toEqual(['A=flag', 'B=file2'])
  })

  test('may be a pipe, as in --env-file <(command), but has an end', () => {
    const fifo = join(scratch(), 'fifo')
    execFileSync('mkfifo', [fifo])
    const writer = spawn('sh', ['-c', `echo A=1 > ${fifo}`])
    onTestFinished(() => void writer.kill())
    expect(asked([], [fifo])).toEqual(['A=1'])
    expect(() => asked([], ['/dev/zero'])).toThrow('more than 4194304 bytes')
  })

  test.for(['/nope/file', '/', ''])("that cannot be read, '%s', is refused by name", (file) => {
    expect(() => asked([], [file])).toThrow(`cannot read env file '${file}'`)
  })
})
