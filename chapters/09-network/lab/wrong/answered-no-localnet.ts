// finds answered
// 127.0.0.1 is taken for an address like any other.
export function answered(done: Done[]): Place[] {
  const has = (...each: Done[]) => each.every((one) => done.includes(one))
  const places: Place[] = []
  if (has('prerouting') && !has('drop')) places.push('another host')
  if (has('output')) places.push('own address')
  if (has('output')) places.push('127.0.0.1')
  return places
}
