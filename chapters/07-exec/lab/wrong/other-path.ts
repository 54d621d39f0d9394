// finds inside
// The path is written in another way.
export function directoryInside(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [step(['chdir', `/.${cwd}`], 'where it starts'), step(['getcwd'], 'it is inside')]
}
