// takes all memory outside of the heap: out of memory|was killed|no answer
export function plan() {
  const all = []
  for (;;) all.push(Buffer.alloc(2 ** 26, 1))
}
