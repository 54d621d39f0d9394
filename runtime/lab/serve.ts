/**
 * What runs beside the learner's modules, in the sandbox: it answers questions that come as lines
 * of JSON on standard input, one at a time. It has no more rights than they have.
 */

/** A function to call, or a constant to read. */
export interface Question {
  /** As in the checkout: `chapters/03-pivot-root/plan.ts`. */
  file: string
  symbol: string
  args: unknown[]
}

/** The result, or what was thrown, with the place in the learner's file if it is known. */
export type Reply = { value: unknown } | { problem: string; where?: string }

/**
 * The script, as CommonJS; its argument is the path of the texts of modules, see bundle.ts. What
 * modules print goes to standard error.
 */
export const serving = String.raw`'use strict'
const { readFileSync, readSync, writeSync } = require('node:fs')
const { posix } = require('node:path')
const Module = require('node:module')
const { parse, stringify } = JSON
process.stdout.write = (text) => process.stderr.write(text)
const texts = parse(readFileSync(process.argv[2], 'utf8'))
const loaded = new Map()
function load(path, from) {
  if (loaded.has(path)) return loaded.get(path).exports
  if (!Object.hasOwn(texts, path)) {
    const why = from ? from + " imports '" + path + "': " : ''
    throw new Error(why + 'the lab has no such file')
  }
  const module = new Module('/' + path)
  loaded.set(path, module)
  module.filename = '/' + path
  module.require = (name) =>
    load(name.startsWith('.') ? posix.join(posix.dirname(path), name) : name, path)
  module._compile(texts[path], module.filename)
  return module.exports
}
function reply(error) {
  const stack = String((error && error.stack) || error)
  const [, where] = /((?:runtime|chapters)\/[^\s:()]+:\d+)/.exec(stack) || []
  const isError = error instanceof Error
  const said = isError ? error.name + ': ' + error.message : 'it threw ' + String(error)
  const problem = said.replace(/\(0 ?, \w+\.(\w+)\)/g, '$1') // a call of what is imported
  return { problem: problem.slice(0, 400), ...(where ? { where } : {}) }
}
function answer({ file, symbol, args }) {
  try {
    const module = load(file)
    if (!(symbol in module)) return { problem: file + ' exports no ' + symbol }
    const found = module[symbol]
    const value = typeof found === 'function' ? found(...args) : found
    if (value instanceof Promise) return { problem: symbol + ' is async; it has to return a value' }
    return value === undefined ? { problem: symbol + ' returns nothing' } : { value }
  } catch (error) {
    return reply(error)
  }
}
function say(answered) {
  const bytes = Buffer.from(stringify(answered) + '\n')
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
}
const decoder = new TextDecoder()
const chunk = Buffer.alloc(2 ** 16)
for (let text = ''; ; ) {
  const end = text.indexOf('\n')
  if (end < 0) {
    const got = readSync(0, chunk)
    if (got === 0) break
    text += decoder.decode(chunk.subarray(0, got), { stream: true })
    continue
  }
  const line = text.slice(0, end)
  text = text.slice(end + 1)
  try { say(answer(parse(line))) } catch (error) { say(reply(error)) }
}
`
