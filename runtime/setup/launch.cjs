#!/bin/sh
':' //; exec node -- "$0" "$@"
/*
 * For a shell, the second line starts Node; for Node it is a word and a comment. The `--` keeps
 * Node from taking `stepbox --env-file` for its own. `env -S` would do it too; busybox has none.
 *
 * The launcher; set-up copies it to dist/stepbox.cjs. It starts the program, whose modules are in
 * packs beside it: main.cjs has those that `stepbox run` needs, more.cjs the others, chinese.cjs
 * the Chinese (bundle.mjs says what that gains). Each pack is compiled with the code that V8 kept
 * of an earlier run, if there is any. The file with that code is named by the hash in the pack's
 * first line and by the version of V8: V8 itself compares only the length of the source.
 */
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const packs = ['main', 'more', 'chinese']
const known = {}
const modules = {}
const loaded = []
requireOwn('./stepbox.js')

/** For keep.cjs: the script of each pack, and the path for the code that V8 compiled of it. */
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
