// finds inside
// The directory is not entered.
export function directoryInside(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [step(['getcwd'], 'it is inside')]
}
