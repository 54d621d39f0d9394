// finds own-network
// The new network's loopback is left as it is.
export function loopback(): Step[] {
  return []
}
