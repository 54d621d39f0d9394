// finds inside
// The directory is not checked.
export function directoryInside(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [step(['chdir', cwd], 'where it starts')]
}
