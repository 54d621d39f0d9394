/** Why an image cannot be used, in words: damaged, not for us, for other machines, or none. */
import { isDigest, shown } from './digest.ts'
import type { Descriptor } from './oci.ts'
import { platformText, type Platform } from './platform.ts'

/** A part of an image, for a message. */
export interface Part {
  /** `manifest`, `config`, `layer`, `index`. */
  what: string
  blob: Descriptor
}

function describe({ what, blob }: Part, cause: unknown): string {
  const why = cause instanceof Error ? cause.message : String(cause)
  return `${isDigest(blob.digest) ? `${what} ${blob.digest}` : `its ${what}`} ${why}`
}

/** A part of an image is missing or does not match its digest. Other images stay usable. */
export class DamagedImage extends Error {
  /** `word` is one for the command line: see `wordFor`. */
  constructor(word: string, part: Part, cause: unknown) {
    super(
      `image '${word}' is damaged\n` +
        `  ${describe(part, cause)}\n` +
        `  remove it with 'stepbox rmi ${word}' and make it again`,
      { cause },
    )
  }
}

/** An image is as its maker made it, and cannot be read here. */
export class UnusableImage extends Error {
  constructor(word: string, part: Part, cause: unknown) {
    super(
      `image '${word}' cannot be used here\n` +
        `  ${describe(part, cause)}\n` +
        `  to have it out of the list: stepbox rmi ${word}`,
      { cause },
    )
  }
}

/** It lies in the store and is no image: a signature, a chart, a list of what is in an image. */
export class NotAnImage extends Error {
  constructor(word: string, type: string) {
    const what = type ? shown(type) : 'something without a type'
    super(`'${word}' is not an image that can run, but ${what}`)
  }
}

/** An image is not there for the platform that was asked for. */
export class NoSuchPlatform extends Error {
  constructor(word: string, wanted: Platform, made: Platform[]) {
    const are = shown(made.map(platformText).join(', ')) || 'no platform'
    super(`image '${word}' is for ${are}, and not for ${platformText(wanted)}`)
  }
}
