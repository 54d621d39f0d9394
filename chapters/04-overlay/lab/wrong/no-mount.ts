// finds write-lands-in-upper
// merged is an empty directory.
export function overlay(_layers: string[], dir: string): Step[] {
  return [step(['chdir', dir], 'names begin here')]
}
