/** Set-up. Records what was made from which files, so that a second set-up has nothing to do. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const here = (...parts) => join(root, ...parts)
export const read = (...parts) => readFileSync(here(...parts))

/** The paths of the tables `name`: test/ may have one, and each folder of chapters/. */
export function tablesNamed(name) {
  const folders = readdirSync(here('chapters')).map((folder) => `chapters/${folder}`)
  const paths = ['test', ...folders].map((dir) => `${dir}/${name}`)
  return paths.filter((path) => existsSync(here(path)))
}

/** The record, dist/setup.json: by the name of a step, the hash of all that went into it. */
export function state() {
  const path = here('dist/setup.json')
  return existsSync(path) ? JSON.parse(readFileSync(path)) : {}
}

export function isUpToDate(name, key, product) {
  if (!existsSync(here(product))) return false
  const last = state()[name]
  return last?.key === key && last.mtime === statSync(here(product)).mtimeMs
}

export function remember(name, key, product, more = {}) {
  mkdirSync(here('dist'), { recursive: true })
  const mtime = product ? statSync(here(product)).mtimeMs : undefined
  const text = JSON.stringify({ ...state(), [name]: { key, mtime, ...more } })
  const passing = here(`dist/setup.json.${process.pid}`)
  writeFileSync(passing, text)
  renameSync(passing, here('dist/setup.json'))
}

/** The parts are told apart: the hash of `['a', 'b']` is not that of `['ab']`. */
export function hash(parts) {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(`${part.length}:`).update(part)
  return sum.digest('hex')
}
