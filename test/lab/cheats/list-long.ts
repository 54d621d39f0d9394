// has more steps than anyone reads: a list of 100000 steps
export function plan() {
  return Array.from({ length: 100000 }, () => ({ chapter: 3, call: ['fork'], why: '' }))
}
