/** Tests. The program as a user who is not root. */
import { spawnSync } from 'node:child_process'
import { program } from '../stepbox.ts'

export function asNobody(args: string[], root: string) {
  const ids = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
  const { status: code, stdout: out, stderr: err } = spawnSync(
    'setpriv',
    [...ids, process.execPath, program, ...args],
    { env: { PATH: process.env['PATH'], STEPBOX_ROOT: root }, encoding: 'utf8', cwd: '/' },
  )
  return { code, out, err }
}
