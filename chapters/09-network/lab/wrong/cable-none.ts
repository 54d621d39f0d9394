// finds cable
// No cable is made.
export function cables(options: WithNet): Step[] {
  return []
}
