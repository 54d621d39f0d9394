/**
 * Volumes: directories with a name, which outlive the containers that use them.
 *
 *     volumes/<name>/_data          what containers see
 *     volumes/<name>/volume.json    when it was made, its labels and options
 *
 * A volume appears whole, by one rename, and disappears by another.
 */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { openRoot } from '../data-root.ts'
import { namesIn, readRegular } from '../files.ts'
import { Missing } from '../missing.ts'

export interface Volume {
  name: string
  /** ISO 8601. */
  created: string
  /** Absent if none were given. */
  labels?: Record<string, string>
  /** What is mounted in place of the directory, in Docker's words: `type`, `device`, `o`. */
  options?: Record<string, string>
}

/** The file beside a volume's data. */
export interface VolumeFile extends Omit<Volume, 'name'> {
  version: 1
}

/** The directory of a volume and of its file; no path is made of a name that is not checked. */
export function volumeDir(root: string, name: string): string {
  checkVolumeName(name)
  return join(root, 'volumes', name)
}

/** What containers see of a volume, on the host. */
export function volumePath(root: string, name: string): string {
  return join(volumeDir(root, name), '_data')
}

/** NAME_MAX (limits.h), without the NUL. */
const longestName = 255

/** Throws unless this can be the name of a volume, by Docker's rules and in Docker's words. */
export function checkVolumeName(name: string): void {
  if (name.length === 1)
    throw new Error(
      `create ${name}: volume name is too short, names should be at least two alphanumeric ` +
        'characters',
    )
  if (!isNameOfVolume(name))
    throw new Error(
      `create ${name}: "${name}" includes invalid characters for a local volume name, only ` +
        '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, ' +
        'use absolute path',
    )
  if (name.length > longestName)
    throw new Error(`a volume name of ${name.length} characters; at most ${longestName}`)
}

function isNameOfVolume(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)
}

/** The volume called `name`; undefined if there is none. */
export function readVolume(root: string, name: string): Volume | undefined {
  openRoot(root)
  if (!isNameOfVolume(name)) return undefined
  const dir = volumeDir(root, name)
  const stat = lstatSync(dir, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return undefined
  const bare: Volume = { name, created: stat.mtime.toISOString() }
  try {
    const found = JSON.parse(readRegular(join(dir, 'volume.json')) ?? '{}') as Partial<VolumeFile>
    const { created = bare.created, labels, options } = found
    return { name, created, ...(labels ? { labels } : {}), ...(options ? { options } : {}) }
  } catch {
    return bare // ignoring: what is in the volume is worth more than what was written about it
  }
}

/** All volumes, in Docker's order: numbers in names count as numbers. */
export function listVolumes(root: string): Volume[] {
  openRoot(root)
  const names = namesIn(join(root, 'volumes')).sort((a, b) => (comesBefore(a, b) ? -1 : 1))
  return names.flatMap((name) => readVolume(root, name) ?? [])
}

/** Throws Missing if there is no volume of that name. */
export function findVolume(root: string, name: string): Volume {
  const found = readVolume(root, name)
  if (found) return found
  throw new Missing('volume', name, listVolumes(root).map((each) => each.name))
}

/** `v9` before `v10`, and digits before letters. */
function comesBefore(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [left = '', right = ''] = [a[at], b[at]]
    if (left === right) continue
    const [isNumber, isOther] = [left, right].map((part) => /^\d/.test(part))
    if (!isNumber || !isOther) return isNumber === isOther ? left < right : isNumber === true
    const [bare, bareOther] = [withoutZeros(left), withoutZeros(right)]
    if (bare.length !== bareOther.length) return bare.length < bareOther.length
    return bare === bareOther ? left.length < right.length : bare < bareOther
  }
  return a.length < b.length
}

/** Numbers whole, anything else character by character. */
function partsOf(name: string): string[] {
  return name.match(/\d+|\D/g) ?? []
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '')
}
