// finds answered
// A firewall is forgotten.
export function answered(done: Done[]): Place[] {
  const has = (...each: Done[]) => each.every((one) => done.includes(one))
  const places: Place[] = []
  if (has('prerouting')) places.push('another host')
  if (has('output')) places.push('own address')
  if (has('output', 'route_localnet', 'masquerade')) places.push('127.0.0.1')
  return places
}
