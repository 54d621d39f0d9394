/** Why a file of a copy could not be made, in words, found by looking at where it was to go. */
import { statfsSync } from 'node:fs'
import { FileError } from '../../05-commit/layer/sender.ts'
import type { Call } from '../../calls.ts'
import { toBytes } from '../../bytes.ts'
import { shortened } from './words.ts'

/**
 * `error`, with the reason if it is known. `place` is a directory of this machine, on the file
 * system that the copy goes to.
 */
export function copyFailure(error: unknown, place: string): unknown {
  if (!(error instanceof FileError)) return error
  const { cause } = error
  const call = cause.plan[cause.report.index]?.call
  const path = shortened(error.path)
  const errno = cause.report.errno ?? ''
  const why = call && (ofName(call, errno, path) ?? ofFileSystem(errno, path, place))
  const [failed] = cause.message.split('\n')
  return new Error(why ?? `${failed}\n  of '${path}' in the copy`, { cause })
}

/** What has the name that the file was to have. Linux calls a directory EISDIR (unlink(2)). */
function ofName([name, , , flags]: Call, errno: string, path: string): string | undefined {
  if (name === 'unlink' && errno === 'EISDIR')
    return `cannot replace the directory '${path}' by a file`
  if (name === 'unlink' && errno === 'EBUSY')
    return `cannot replace '${path}': it is a file that the container was given`
  if (name === 'unlink' && errno === 'EPERM')
    return `cannot replace '${path}': it or its directory is immutable, which lsattr shows`
  if (errno === 'ENAMETOOLONG') return `the name of '${path}' is too long for where it is to go`
  if (name !== 'openat2') return undefined
  if (Array.isArray(flags) && flags.some((flag) => flag === 'O_NOFOLLOW'))
    return `cannot make the hard link '${path}': its other name is not there`
  if (errno === 'ENOTDIR' || errno === 'ELOOP')
    return `cannot replace '${path}', which is no directory, by a directory`
  return undefined
}

function ofFileSystem(errno: string, path: string, place: string): string | undefined {
  if (errno === 'EROFS') return `cannot make '${path}': the file system of ${place} is read-only`
  if (errno === 'EDQUOT') return `no room for '${path}': the quota on ${place} is used up`
  if (errno !== 'ENOSPC') return undefined
  const { bfree, ffree, files } = statfsSync(toBytes(place))
  if (files > 0 && ffree === 0) return `no inode is left for '${path}'; to see that: df -i ${place}`
  if (bfree === 0) return `no space is left for '${path}'; to see that: df ${place}`
  return undefined
}
