// answers with more than anyone reads: longer than
export function plan() {
  return 'x'.repeat(2 ** 24)
}
