/** The error for a name that nothing has. The command line adds what to type instead. */

/** No image, no container, or nothing else of a kind is called so. */
export class Missing extends Error {
  readonly kind: 'image' | 'container' | 'volume' | 'network'
  readonly word: string
  /** The names that there are. */
  readonly known: string[]

  constructor(kind: Missing['kind'], word: string, known: string[]) {
    const most = 8
    const more = known.length > most ? `, and ${known.length - most} more` : ''
    const have = known.length ? `have: ${known.slice(0, most).join(', ')}${more}` : 'there are none'
    super(`no ${kind} named '${word}'; ${have}`)
    this.kind = kind
    this.word = word
    this.known = known
  }
}
