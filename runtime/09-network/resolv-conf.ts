/** /etc/resolv.conf as Docker writes it: resolv.conf(5), from the host's file and from flags. */

/** What was asked for by --dns, --dns-search and --dns-option. */
export interface AskedDns {
  servers?: string[] | undefined
  search?: string[] | undefined
  options?: string[] | undefined
}

/** The host's file in parts. */
export function serversIn(text: string): string[] {
  return valuesOf(text, 'nameserver').map((value) => value.split(/\s+/)[0] ?? '')
}

function valuesOf(text: string, key: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [first, ...rest] = line.trim().split(/\s+/)
    return first === key && rest.length > 0 ? [rest.join(' ')] : []
  })
}

/** systemd-resolved's, which asks others: they are in another file. */
const stub = '127.0.0.53'

/** Whether the host's programs ask systemd-resolved alone. */
export function isStub(text: string): boolean {
  const servers = serversIn(text)
  return servers.length === 1 && servers[0] === stub
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** Where nobody else can be asked, Docker's choice: Google's. */
const elsewhere = ['8.8.8.8', '8.8.4.4']

/**
 * The file of a container without a resolver of its own. The host's loopback is not the
 * container's, so servers there are left out, and those of IPv6 without IPv6.
 */
export function resolvConf(host: string, asked: AskedDns, hasIPv6 = false): string {
  const isReachable = (address: string) =>
    !isLoopback(address) && (hasIPv6 || !address.includes(':'))
  const lines = host.split('\n').filter((line) => {
    const [server] = serversIn(line)
    return server === undefined || isReachable(server)
  })
  const kept = `${lines.join('\n').replace(/\n+$/, '')}\n`
  const isFound = serversIn(kept).length > 0
  const more = elsewhere.map((address) => `nameserver ${address}\n`).join('')
  const file = isFound ? kept : `${kept === '\n' ? '' : `${kept}\n`}${more}`
  return isAnyAsked(asked) ? built(file, asked, serversIn(file)) : file
}

/** The file of a container with the host's network. */
export function hostsResolvConf(host: string, asked: AskedDns): string {
  return isAnyAsked(asked) ? built(host, asked, serversIn(host)) : host
}

/** The file of a container that asks its own resolver. */
export function ownResolvConf(host: string, asked: AskedDns, resolver: string): string {
  const options = asked.options ?? optionsIn(host)
  const dots = options.some((each) => each.startsWith('ndots:')) ? [] : ['ndots:0']
  return built(host, { ...asked, servers: [resolver], options: [...options, ...dots] }, [])
}

/** Whom that resolver asks: it is on the host, whose loopback it can reach. */
export function serversBehind(host: string, { servers }: AskedDns): string[] {
  return (servers ?? serversIn(host)).slice(0, mostServers)
}

/** native/resolver.h has it, too. */
const mostServers = 3

function isAnyAsked({ servers, search, options }: AskedDns): boolean {
  return Boolean(servers ?? search ?? options)
}

function optionsIn(text: string): string[] {
  return valuesOf(text, 'options').at(-1)?.split(' ') ?? []
}

function built(host: string, asked: AskedDns, found: string[]): string {
  const { servers = found, options = optionsIn(host) } = asked
  const search = asked.search ?? valuesOf(host, 'search').at(-1)?.split(' ') ?? []
  const domains = search.length === 1 && search[0] === '.' ? [] : search
  return [
    ...(domains.length > 0 ? [`search ${domains.join(' ')}\n`] : []),
    ...servers.map((address) => `nameserver ${address}\n`),
    ...(options.length > 0 ? [`options ${options.join(' ')}\n`] : []),
  ].join('')
}
