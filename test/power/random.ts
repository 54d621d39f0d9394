/** Tests. Chance that can be had again: the same seed, the same choices. */

export interface Random {
  /** From 0 up to, and without, 1. */
  fraction: () => number
  /** A whole number from 0 up to, and without, `end`. */
  below: (end: number) => number
  /** One of `all`, of which there is at least one. */
  pick: <T>(all: readonly T[]) => T
}

/** xorshift32 (Marsaglia, "Xorshift RNGs", 2003), its seed spread by a multiplication. */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1
  const fraction = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(fraction() * end)
  return { fraction, below, pick: (all) => all[below(all.length)] as (typeof all)[number] }
}
