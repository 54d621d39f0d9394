/** The list of a copy into a container, from the root that is held to the last file. */
import { posix } from 'node:path'
import type { Entry } from '../../05-commit/tar/tar.ts'
import type { Step } from '../../step.ts'
import { holdRoot } from '../inside-root.ts'
import { begunFor, newWay, timesSet } from './extract.ts'
import { holdLayers, withoutDevices } from './held-root.ts'
import { entered, found, noLinks } from './look-up.ts'
import { fileDone, pieceWritten } from './put.ts'

/** What is copied, and where to. */
export interface Copied {
  /** The first process of a container that runs, or the layers of one that does not. */
  root: { pid: number } | { layers: string[]; dir: string }
  /** A directory in it, by a path of one name. */
  directory: string
  files: { entry: Entry; data?: Buffer }[]
}

declare module '../../options.ts' {
  interface PlanOptions {
    copied?: Copied
    /** Instead of that: all steps of a copy, found by looking at what is copied. */
    copySteps?: Step[]
  }
}

/** Hold the root of the container, without what is mounted in it and without its devices. */
export function heldRoot({ root }: Copied): Step[] {
  const held = 'pid' in root ? holdRoot(root.pid) : holdLayers(root.layers, root.dir)
  return [...held, ...withoutDevices()]
}

/** Look the directory up, as the container has it. */
export function foundInside({ directory }: Copied): Step[] {
  return [found(posix.dirname(directory)), ...entered(posix.basename(directory))]
}

/** Put the files into it: the same steps as for an archive, one after the other. */
export function putInside({ files }: Copied): Step[] {
  const putting = { way: newWay(), resolve: noLinks, ownerOf: (entry: Entry) => entry }
  const made = files.flatMap(({ entry, data }) => [
    ...begunFor(entry, putting),
    ...(entry.type === 'file' ? filled(entry, data) : []),
  ])
  return [...made, ...timesSet(putting)]
}

function filled(entry: Entry, data: Buffer = Buffer.of()): Step[] {
  const name = posix.basename(entry.path)
  return [
    ...(data.length > 0 ? [pieceWritten({ offset: 0, data })] : []),
    ...fileDone(name, entry, { end: data.length, owner: entry }),
  ]
}

/** A directory with a file in it, and a second file, for the container's first process. */
export function typicalCopy(pid = 1234): Copied {
  const data = Buffer.from('new\n')
  const all = { uid: 1000, gid: 1000, size: 0, mtimeNs: 1_000_000_000_000_000_000n, target: '' }
  const own = { ...all, device: { major: 0, minor: 0 }, xattrs: [] }
  const file = { ...own, type: 'file' as const, mode: 0o4755, size: data.length }
  return {
    root: { pid },
    directory: '/w',
    files: [
      { entry: { ...own, path: 'sub', type: 'directory', mode: 0o2750 } },
      { entry: { ...file, path: 'sub/new' }, data },
      { entry: { ...file, path: 'then' }, data },
    ],
  }
}
