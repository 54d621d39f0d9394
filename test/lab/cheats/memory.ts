// takes all memory: out of memory|was killed|no answer
export function plan() {
  const all = []
  for (;;) all.push(new Array(1e6).fill(all.length))
}
