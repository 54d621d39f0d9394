// writes to the file with its modules: EROFS|EACCES|EPERM
export function plan() {
  process.mainModule.require('node:fs').writeFileSync('/modules.json', '{}')
}
