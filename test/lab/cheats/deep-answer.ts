// answers with lists in lists, without end: too deep|RangeError
export function plan() {
  const text = '['.repeat(100000) + ']'.repeat(100000)
  process.mainModule.require('node:fs').writeSync(1, `{"value":${text}}\n`)
}
