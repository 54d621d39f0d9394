// finds answered
// One rule is enough for all.
export function answered(done: Done[]): Place[] {
  const has = (...each: Done[]) => each.every((one) => done.includes(one))
  const places: Place[] = []
  if (has('prerouting') && !has('drop')) places.push('another host')
  if (has('prerouting')) places.push('own address')
  if (has('prerouting', 'route_localnet', 'masquerade')) places.push('127.0.0.1')
  return places
}
