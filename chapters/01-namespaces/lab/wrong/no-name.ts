// finds own-name
// There is a namespace for names, and no name in it but the old one.
export function hostname(): Step[] {
  return []
}
