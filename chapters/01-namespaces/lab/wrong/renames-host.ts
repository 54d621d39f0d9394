// finds own-name
// With --uts host the name is set all the same.
export function hostname(options: { hostname: string; domainname?: string }): Step[] {
  const { hostname: name, domainname } = options
  return [
    step(['sethostname', name], 'its name'),
    ...(domainname ? [step(['setdomainname', domainname], 'its domain')] : []),
  ]
}
