/** /etc/hosts as Docker writes it: the loopback, names that were added, the container's own. */

/** What is in the file beside the loopback's names. */
export interface HostsParts {
  /** Addresses and names that were asked for. */
  extra: [name: string, address: string][]
  /** Containers that it is linked to, on the default network. */
  linked: { address: string; names: string[] }[]
  /** Its own addresses. */
  addresses: string[]
  hostname: string
  domainname?: string | undefined
}

const loopback = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`

/** The text of the file. */
export function hostsFile(parts: HostsParts): string {
  const { extra, linked, addresses, hostname, domainname } = parts
  const own = ownNames(hostname, domainname)
  return [
    loopback,
    ...extra.map(([name, address]) => `${address}\t${name}\n`),
    ...linked.map(({ address, names }) => `${address}\t${names.join(' ')}\n`),
    ...addresses.map((address) => `${address}\t${own}\n`),
  ].join('')
}

/** `text` with the container's own addresses being these: what else was written into it stays. */
export function withOwnAddresses(
  text: string,
  parts: Pick<HostsParts, 'addresses' | 'hostname' | 'domainname'>,
): string {
  const own = ownNames(parts.hostname, parts.domainname)
  const kept = text.split('\n').filter((line) => line && line.split('\t')[1] !== own)
  return [...kept, ...parts.addresses.map((address) => `${address}\t${own}`), ''].join('\n')
}

/** Of a name with a domain, both. */
function ownNames(hostname: string, domainname?: string): string {
  const whole = domainname ? `${hostname}.${domainname}` : hostname
  const [first] = whole.split('.')
  return first === whole ? whole : `${whole} ${first}`
}
