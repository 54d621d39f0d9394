// writes to the script that serves it: EROFS|EACCES|EPERM
export function plan() {
  process.mainModule.require('node:fs').writeFileSync('/serve.cjs', '')
}
