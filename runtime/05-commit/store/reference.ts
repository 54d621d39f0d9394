/** Image references: Docker's grammar of names, tags and digests. */
import { isDigest, shown } from './digest.ts'

/** The parts of `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` (github.com/distribution/reference). */
export interface Reference {
  /** Host and path, in Docker's short form: `busybox`, `localhost:5000/team/app`. */
  repository: string
  tag?: string
  digest?: string
}

const host = /^(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:))(?::\d{1,5})?$/
const component = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/

/** Most characters of a repository's name and of a tag. */
const longest = { repository: 255, tag: 128 }

/** Parse `text`; throws with what is wrong with it. */
export function parseReference(text: string): Reference {
  const fail = (why: string) => new Error(`invalid reference '${shown(text)}': ${why}`)
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const repository = shortForm(colon < 0 ? named : named.slice(0, colon))
  if (repository === '') throw fail('the name is empty')
  if (repository.length > longest.repository)
    throw fail(`the name is longer than ${longest.repository} characters`)
  const [first = '', ...others] = repository.split('/')
  const path = others.length > 0 && host.test(first) ? others : [first, ...others]
  if (path.some((part) => /[A-Z]/.test(part))) throw fail('the name must be lower case')
  if (!path.every((part) => component.test(part)))
    throw fail('a name is a-z and 0-9, with . _ __ or - between, and / between its parts')
  if (/^[0-9a-f]{64}$/.test(repository)) throw fail('64 hexadecimal digits are an id, not a name')
  if (tag !== undefined && !/^\w[\w.-]*$/.test(tag))
    throw fail('a tag is letters, digits, _ . and -, and does not begin with . or -')
  if (tag !== undefined && tag.length > longest.tag)
    throw fail(`the tag is longer than ${longest.tag} characters`)
  if (digest !== undefined && !isDigest(digest))
    throw fail('a digest is sha256: and 64 hexadecimal digits')
  return { repository, ...(tag === undefined ? {} : { tag }), ...(digest ? { digest } : {}) }
}

/** Whether `text` is a reference: only letters, digits and `._-:/@`, harmless to a shell. */
export function isReference(text: string): boolean {
  try {
    return parseReference(text) !== undefined
  } catch {
    return false // ignoring why not
  }
}

/** The name that the store gives an image: with a tag, so `busybox` becomes `busybox:latest`. */
export function imageName(text: string): string {
  const { repository, tag, digest } = parseReference(text)
  if (digest) throw new Error(`invalid name '${shown(text)}': a digest cannot be chosen`)
  return `${repository}:${tag ?? 'latest'}`
}

/**
 * Docker leaves out Docker Hub: `docker.io/library/busybox`, and `library/busybox`, is `busybox`.
 */
function shortForm(repository: string): string {
  return repository.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '')
}
