// finds own-name
// --domainname is not looked at.
export function hostname({ hostname: name, uts }: { hostname: string; uts?: 'host' }): Step[] {
  return uts === 'host' ? [] : [step(['sethostname', name], 'its name')]
}
