/** Tests: what the machine does not allow is said of the machine, and not of the image. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { rootWith, tarOf } from './handmade.ts'

const sysctl = '/proc/sys/vm/memfd_noexec'

test('an image is not damaged where no program may be started from memory', async (context) => {
  needs(context, 'root', 'unshare')
  if (!existsSync(sysctl)) context.skip('blocked: no vm.memfd_noexec, which came with Linux 6.3')
  const root = rootWith({ tars: [tarOf({ 'etc/': '' })] })
  const script = `mount -t proc proc /proc; echo 2 > ${sysctl}; exec "$@"`
  const words = ['-mpf', '--propagation', 'private', 'sh', '-ec', script, 'sh']
  const run = [process.execPath, program, '--root', root, 'run', '--rm', 'app:v1', 'true']
  const failed = promisify(execFile)('unshare', [...words, ...run])
  await expect(failed).rejects.toMatchObject({
    code: 125,
    stderr: expect.stringContaining('vm.memfd_noexec is 2') as unknown,
  })
  await expect(failed).rejects.not.toMatchObject({
    stderr: expect.stringContaining('damaged') as unknown,
  })
})
