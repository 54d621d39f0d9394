// finds peers-found
// Whatever is shared counts, with whomever.
export function peers(mine: string): string[] {
  return mine
    .split('\n')
    .filter((line) => line.includes('shared:'))
    .map((line) => line.split(' ')[4] ?? '')
}
