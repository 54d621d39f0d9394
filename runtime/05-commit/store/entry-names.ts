/** The names of images: what other tools write into index.json, and what is typed for them. */
import { shortId } from '../../options.ts'
import { digest, hexOf, isDigest } from './digest.ts'
import { nameAnnotation, type Descriptor, type Index } from './oci.ts'
import { isReference, parseReference } from './reference.ts'

/** Where containerd, BuildKit and `docker save` write the whole name; `ref.name` has the tag. */
const wholeName = 'io.containerd.image.name'

/** The annotations that have a name. */
export const nameAnnotations = [wholeName, nameAnnotation]

/**
 * The name that an entry of index.json gives to its image. Docker Hub's host is left out, as Docker
 * does: `docker.io/library/busybox:latest` is `busybox:latest`.
 */
export function entryName({ annotations }: Descriptor): string | undefined {
  for (const key of nameAnnotations) {
    const name: unknown = annotations?.[key]
    if (typeof name === 'string' && (name !== '' || key === nameAnnotation)) return familiar(name)
  }
  return undefined
}

function familiar(name: string): string {
  if (!/^(?:(?:index\.)?docker\.io|library)\//.test(name) || !isReference(name)) return name
  const { repository, tag, digest } = parseReference(name)
  const ending = digest ? `@${digest}` : ''
  return `${repository}${tag ? `:${tag}` : digest ? '' : ':latest'}${ending}`
}

/** The repository and the tag in a name; `<none>` for a tag that it does not have. */
export function partsOf(name: string | undefined): { repository: string; tag: string } {
  if (name === undefined) return { repository: '<none>', tag: '<none>' }
  const at = /@[a-z0-9]+:[0-9a-f]+$/.exec(name)?.index ?? name.length
  const named = name.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  if (colon < 0) return { repository: named, tag: '<none>' }
  return { repository: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/**
 * The entries that `text` may mean by name, the best first. The literal text comes before all,
 * because other tools write names that are not in Docker's form: umoci may call an image just
 * `latest`. With `@DIGEST`, the entries of that repository, whatever their digest.
 */
export function namedEntries({ manifests }: Index, text: string): Descriptor[] {
  const literal = manifests.filter((entry) => entryName(entry) === text)
  if (!isName(text)) return literal
  const { repository, tag, digest } = parseReference(text)
  if (digest !== undefined)
    return manifests.filter((entry) => partsOf(entryName(entry)).repository === repository)
  const full = `${repository}:${tag ?? 'latest'}`
  return [...literal, ...manifests.filter((entry) => entryName(entry) === full)]
}

/** The entry with a name; for `name@digest`, the one that has the digest itself. */
export function findNamed(index: Index, text: string): Descriptor | undefined {
  const wanted = digestIn(text)
  return namedEntries(index, text).find((entry) => !wanted || entry.digest === wanted)
}

/** The digest in `name@digest`. */
export function digestIn(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  return at > 0 ? text.slice(at + 1) : undefined
}

/** False if `text` can only be an id. `cafe` may be a name, or the beginning of an id. */
function isName(text: string): boolean {
  return !/^(?:sha256:[0-9a-f]*|[0-9a-f]{64})$/.test(text)
}

/**
 * A word that `rmi` takes for an entry and that is safe to type: its name if that is a reference,
 * or digits. Other tools, and attackers, may have given it any name.
 */
export function wordFor(entry: Descriptor, name = entryName(entry)): string {
  return name !== undefined && isReference(name) ? name : shortId(digitsOf(entry))
}

/** The digits of an entry's digest; of an entry without one, those of its own SHA-256. */
export function digitsOf(entry: Descriptor): string {
  return hexOf(isDigest(entry.digest) ? entry.digest : digest(JSON.stringify(entry)))
}

/** The names that there are, sorted. */
export function knownNames({ manifests }: Index): string[] {
  return manifests.flatMap((descriptor) => entryName(descriptor) ?? []).sort()
}
