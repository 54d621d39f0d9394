/** Tests. What a guest can leave in a folder that is shared with it, tried without a machine. */
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { perform } from '../runtime/native.ts'
import { toolStep } from '../runtime/step.ts'
import { harmlessFiles } from '../runtime/vm/harmless-files.ts'
import { runProgram } from '../runtime/vm/program.ts'
import { needs, scratch } from './scratch.ts'

const filter = toolStep(['seccomp', harmlessFiles()], 'as for a shared folder')

/** VFS_CAP_REVISION_2, effective, CAP_NET_RAW permitted (capabilities(7)). */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex')

/** Run a script in `dir` as the server of shared folders runs. */
function filtered(dir: string, script: string) {
  return runProgram(['sh', '-c', script], { cwd: dir, before: [filter] })
}

test('no device and no set-user-id file comes out of a shared folder', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const tries = [
    'touch one && chmod 4755 one',
    'touch two && chmod u+s two',
    'touch three && chmod g+s three',
    'install -m 4755 /bin/true four',
    'mknod null c 1 3',
    'mknod disk b 8 0',
  ]
  for (const script of tries)
    expect([script, (await filtered(dir, script)).exitCode]).not.toEqual([script, 0])
  const capability = toolStep(['lsetxattr', join(dir, 'one'), 'security.capability', netRaw], '')
  await expect(perform([filter, capability])).rejects.toThrow('EPERM')
  const modes = readdirSync(dir).map((name) => lstatSync(join(dir, name)))
  expect(modes.filter((stat) => (stat.mode & 0o6000) !== 0 || !stat.isFile())).toEqual([])
})

test('everything else is written to a shared folder as before', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const script = `mkdir -p d/e && echo text > d/e/file && chmod 1777 d && chmod 640 d/e/file &&
    mkfifo pipe && ln -s d link && ln d/e/file hard && mv hard soft && chown 1000 soft && rm link`
  expect(await filtered(dir, script)).toMatchObject({ exitCode: 0, err: '' })
  expect(lstatSync(join(dir, 'd')).mode & 0o7777).toBe(0o1777)
  expect(lstatSync(join(dir, 'soft'))).toMatchObject({ uid: 1000, mode: 0o100640 })
  expect(lstatSync(join(dir, 'pipe')).isFIFO()).toBe(true)
  expect(existsSync(join(dir, 'link'))).toBe(false)
})
