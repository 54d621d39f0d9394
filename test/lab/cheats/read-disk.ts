// opens a disk: ENOENT
export function plan() {
  return process.mainModule.require('node:fs').openSync('/dev/vda')
}
