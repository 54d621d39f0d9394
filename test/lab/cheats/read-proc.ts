// looks for processes: ENOENT
export function plan() {
  return process.mainModule.require('node:fs').readdirSync('/proc')
}
