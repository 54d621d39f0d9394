// finds lives-on
// A session and a directory of its own are taken for all there is to it.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  return [
    step(['setsid'], 'its own session'),
    step(['chdir', '/'], 'no directory in use'),
  ]
}
