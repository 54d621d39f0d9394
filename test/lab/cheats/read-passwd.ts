// reads a file of the host: ENOENT
export function plan() {
  return process.mainModule.require('node:fs').readFileSync('/etc/passwd', 'utf8')
}
