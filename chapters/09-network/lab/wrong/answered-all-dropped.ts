// finds answered
// A firewall at forward is taken to stop everybody.
export function answered(done: Done[]): Place[] {
  const has = (...each: Done[]) => each.every((one) => done.includes(one))
  const places: Place[] = []
  if (has('prerouting') && !has('drop')) places.push('another host')
  if (has('output') && !has('drop')) places.push('own address')
  if (has('output', 'route_localnet', 'masquerade') && !has('drop')) places.push('127.0.0.1')
  return places
}
