// fills the disk: EROFS|EACCES|EFBIG|ENOSYS
export function plan() {
  for (let at = 0; ; at++) process.mainModule.require('node:fs').writeFileSync(`/fill-${at}`, 'x'.repeat(2 ** 20))
}
