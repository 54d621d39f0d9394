#!/usr/bin/env node
/*
 * Set-up copies this to dist/stepbox.cjs. It starts the program, whose modules are in two packs beside
 * it: main.cjs has what `stepbox run` needs, more.cjs the rest. Each is read with what V8 kept of an
 * earlier compilation: reading all, and compiling it again, would be a tenth of the time of
 * `stepbox run`. The first line of a pack names it by its content, because V8 itself compares no more
 * than its length. Without what was kept, or with that of another V8, it is compiled as usual.
 */
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const packs = ['main', 'more']
const known = {}
const modules = {}
const loaded = []
requireOwn('./stepbox.js')

/** For set-up: of each pack its script, to be asked for what V8 compiled, and the file to keep it in. */
exports.allPacks = () => {
  while (packs.length > 0) load(packs.shift())
  return loaded
}

function requireOwn(name) {
  if (!name.startsWith('./')) return require(name)
  while (!known[name]) load(packs.shift())
  if (!modules[name]) {
    modules[name] = { exports: {} }
    known[name](requireOwn, modules[name], __dirname)
  }
  return modules[name].exports
}

function load(pack) {
  const filename = `${__dirname}/${pack}.cjs`
  const source = readFileSync(filename, 'latin1')
  const [, key] = /^\/\/ (\w+)\n/.exec(source)
  const kept = `${__dirname}/${key}-${process.versions.v8}-${process.arch}.v8`
  const script = new Script(source, { filename, cachedData: readIfThere(kept) })
  loaded.push({ script, kept })
  Object.assign(known, script.runInThisContext())
}

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined // ignoring: set-up has not kept anything yet
  }
}
