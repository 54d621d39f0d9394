/* Set-up. `keep.cjs ARGS…` runs stepbox with ARGS and saves the code that V8 compiled. */
const { renameSync, writeFileSync } = require('node:fs')
const { allPacks } = require('../../dist/stepbox.cjs')

process.on('exit', (code) => {
  if (code !== 0) return
  for (const { script, kept } of allPacks()) {
    writeFileSync(`${kept}.${process.pid}`, script.createCachedData())
    renameSync(`${kept}.${process.pid}`, kept)
  }
})
