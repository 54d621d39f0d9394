/** The type of a row of the table of calls (calls.ts). */

/** What the rest of the program has to know of one call. */
export interface CallRow {
  /**
   * The kind of each argument: `s` text, `b` bytes, `n` number, `o` number that is printed in
   * octal, `f` names of flags joined by `|`, `l` list; a `?` after a kind allows null.
   */
  kinds: string
  /**
   * The system calls that it makes if it succeeds, in order, where that is not the one it is named
   * after. `+` means once or more, `?` once or not at all, `*` any number of
   * times.
   */
  makes?: string[]
  /** Of a fork: what the parent does before it waits. `makes` is what the child sees. */
  parentMakes?: string[]
}
