// finds peers-found
// A slave of a group is taken for a member.
export function peers(mine: string, theirs: string): string[] {
  const numbers = (line: string) => [...line.matchAll(/ (?:shared|master):(\d+)/g)].map(([, n]) => n)
  const groups = theirs.split('\n').flatMap(numbers)
  const isPeer = (line: string) => numbers(line).some((number) => groups.includes(number))
  return mine
    .split('\n')
    .filter((line) => isPeer(line) && !line.includes('shared:9999'))
    .map((line) => line.split(' ')[4] ?? '')
}
