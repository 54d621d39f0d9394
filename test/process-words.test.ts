/** Flags that are refused in words, and flags that Node must not take for its own. */
import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { rowsTo } from './rows.ts'
import { scratch } from './scratch.ts'
import { program } from './stepbox.ts'

describe('refused before anything is touched:', () => {
  test.for<[flags: string, words: string]>([
    ['--pid private', "invalid --pid 'private': host, container:NAME"],
    ['--pid container:', "invalid --pid 'container:': host, container:NAME"],
    ['--ipc bogus', "invalid --ipc 'bogus': none, private, shareable, host, container:NAME"],
    ['--uts container:x', "invalid --uts 'container:x': host"],
    ['--uts host -h x', 'conflicting options: --hostname would rename the host'],
    ['--uts host --domainname x', 'conflicting options: --domainname would rename the host'],
    [`-h ${'x'.repeat(65)}`, 'at most 64 bytes'],
    ['-h a\nb', 'no control characters'],
    ['--net none --network host', 'a container has one network'],
    ['--shm-size -1', "invalid --shm-size '-1': a size, as 64m"],
    ['--shm-size 1x', "invalid --shm-size '1x': a size, as 64m"],
    ['--ulimit bogus=1', "invalid --ulimit 'bogus=1': no such limit; have: core, cpu, data"],
    ['--ulimit nofile', "invalid --ulimit 'nofile': NAME=SOFT[:HARD]"],
    ['--ulimit nofile=', 'one or two numbers, or -1 for no limit'],
    ['--ulimit nofile=1:2:3', 'one or two numbers'],
    ['--ulimit nofile=200:100', 'the soft limit is above the hard one: 200 > 100'],
    ['--ulimit core=-1:0', 'the soft limit is above the hard one: -1 > 0'],
    ['--ulimit core=18446744073709551615', 'one or two numbers'],
    ['--sysctl vm.swappiness=1', 'NAME=VALUE, of net.*, fs.mqueue.*, kernel.msgmax'],
    ['--sysctl kernel.msg=1', 'NAME=VALUE'],
    ['--sysctl net.ipv4.ip_forward', 'NAME=VALUE'],
    ['--network host --sysctl net.x=1', "with --network host it would be the host's setting"],
    ['--ipc host --sysctl kernel.sem=1', "with --ipc host it would be the host's setting"],
  ])('%s', async ([flags, words]) => {
    const given = flags.split(' ').map((word) => word.replaceAll('\\n', '\n'))
    const values = new Map<string, string[]>()
    const isLong = (word: string) => word.startsWith('--')
    for (let at = 0; at < given.length; at += 2) {
      const [flag = '', value = ''] = given.slice(at, at + 2)
      values.set(isLong(flag) ? flag.slice(2) : 'hostname', [value])
    }
    const typed = { switches: new Set<string>(), values, words: ['true'] }
    const rows = await rowsTo(chapters.at(-1)?.number ?? 0)
    expect(() => rows.map(({ asked }) => asked?.(typed, {}))).toThrow(words)
  })
})

describe('the program leaves its own words to nobody else:', () => {
  test.for(['--env-file', '--title', '--require', '--inspect'])('%s is not for Node', (word) => {
    const path = join(scratch(), 'stepbox')
    symlinkSync(program, path)
    const file = join(scratch(), 'env')
    writeFileSync(file, 'A=1\n')
    const { stdout, stderr } = spawnSync(path, ['plan', word, file, '--help'], { encoding: 'utf8' })
    if (word === '--env-file') expect(stdout).toContain('Usage: stepbox plan')
    else expect(stderr).toContain(`unknown flag: ${word}`)
  })
})
