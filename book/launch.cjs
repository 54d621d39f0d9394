#!/usr/bin/env node
/*
 * Set-up copies this to dist/stepbox.cjs. It starts the bundle beside it, dist/main.cjs, with what V8
 * kept of an earlier compilation: compiling again would be a tenth of the time of `stepbox run`. The
 * first line of the bundle names it by its content, because V8 itself compares no more than its
 * length. Without what was kept, or with that of another V8, the bundle is compiled as usual.
 */
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const filename = `${__dirname}/main.cjs`
const source = readFileSync(filename, 'latin1')
const [, key] = /^\/\/ (\w+)\n/.exec(source)

/** For set-up: the script to ask for what V8 compiled, and the file where it is looked for. */
exports.kept = `${__dirname}/${key}-${process.versions.v8}-${process.arch}.v8`
exports.script = new Script(`(function (require, __dirname) {${source}\n})`, {
  filename,
  cachedData: readIfThere(exports.kept),
})
exports.script.runInThisContext()(require, __dirname)

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined // ignoring: set-up has not kept anything yet
  }
}
