/* Set-up. `keep.cjs ARGS…` runs stepbox with ARGS, and keeps what V8 has compiled of it by then. */
const { renameSync, writeFileSync } = require('node:fs')
const { kept, script } = require('../dist/stepbox.cjs')

process.on('exit', (code) => {
  if (code !== 0) return
  writeFileSync(`${kept}.${process.pid}`, script.createCachedData())
  renameSync(`${kept}.${process.pid}`, kept)
})
