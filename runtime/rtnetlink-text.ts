/**
 * Messages of rtnetlink(7) in the notation of strace(1), without lengths and fields that are 0; and
 * the `ip` command (ip(8)) that would send the same.
 */
import { layouts, link, type FixedField } from './rtnetlink-layouts.ts'
import { messageIn, type Attribute, type AttributeValue, type Message } from './rtnetlink.ts'

/** `sendto(127, […], 64, 0, NULL, 0)`, and the command in a comment. */
export function sendtoInWords(fd: number, bytes: Uint8Array): string {
  const message = messageIn(bytes)
  if (!message) return `sendto(${fd}, /* ${bytes.length} bytes */, ${bytes.length}, 0, NULL, 0)`
  const { type, flags, fixed, attributes } = message
  const parts = [
    `{nlmsg_type=${type}, nlmsg_flags=${flags.join('|')}}`,
    fixedInWords(fixed, layouts[type].fields),
    ...(attributes.length > 0 ? [listInWords(attributes)] : []),
  ]
  const call = `sendto(${fd}, [${parts.join(', ')}], ${bytes.length}, 0, NULL, 0)`
  return `${call} /* ${ipCommand(message)} */`
}

/** The family is always there, since strace says it even if it is none. */
function fixedInWords(values: Record<string, number>, fields: FixedField[]): string {
  const shown = fields.filter(({ name }, at) => name && (at === 0 || values[name]))
  const words = shown.map((field) => {
    return `${field.name}=${valueOfField(field, values[field.name] ?? 0)}`
  })
  return `{${words.join(', ')}}`
}

function valueOfField({ name, words = {}, bits = {} }: FixedField, value: number): string {
  if (name === 'ifi_change') return `${value && '0x'}${value.toString(16)}`
  return words[value] ?? bits[value] ?? String(value)
}

/** One attribute stands alone, several are a list. */
function listInWords(attributes: Attribute[]): string {
  const all = attributes.map(
    ([name, value]) => `[{nla_type=${name}}, ${attributeInWords(name, value)}]`,
  )
  return all.length === 1 ? (all[0] ?? '') : `[${all.join(', ')}]`
}

function attributeInWords(name: string, value: AttributeValue): string {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return listInWords(value)
  if (typeof value === 'object')
    return `${fixedInWords(value.fixed, link.fields)}, ${listInWords(value.attributes)}`
  if (/^(IFLA_ADDRESS|NDA_LLADDR)$/.test(name)) return value
  if (name.startsWith('IFLA_')) return JSON.stringify(value)
  return value.includes(':') ? `inet_pton(AF_INET6, "${value}")` : `inet_addr("${value}")`
}

/** The command that makes ip(8) send this message, but for the order of its attributes. */
function ipCommand({ type, flags, fixed, attributes }: Message): string {
  const own = Object.fromEntries(attributes) as Partial<Record<string, AttributeValue>>
  switch (type) {
    case 'RTM_NEWLINK':
      return `ip link ${verbFor(flags)} ${linkWords(fixed, attributes)}`
    case 'RTM_DELLINK':
      return `ip link del ${String(own['IFLA_IFNAME'])}`
    case 'RTM_NEWADDR':
      return `ip address add ${addressWords(fixed, own)}`
    case 'RTM_DELADDR':
      return `ip address del ${addressWords(fixed, own)}`
    case 'RTM_NEWROUTE':
      return routeCommand(six(fixed['rtm_family']), flags, String(own['RTA_GATEWAY']))
  }
}

function verbFor(flags: Message['flags']): string {
  return flags.includes('NLM_F_CREATE') ? 'add' : 'set'
}

function routeCommand(six: string, flags: Message['flags'], gateway: string): string {
  const verb = flags.includes('NLM_F_REPLACE') ? 'replace' : 'add'
  return `ip ${six}route ${verb} default via ${gateway}`
}

/** ip(8) takes `if7` for the interface with number 7, whatever its name is. */
function addressWords(
  fixed: Record<string, number>,
  own: Partial<Record<string, AttributeValue>>,
): string {
  const broadcast = own['IFA_BROADCAST']
  return [
    `${String(own['IFA_LOCAL'])}/${fixed['ifa_prefixlen']}`,
    ...(broadcast === undefined ? [] : [`brd ${String(broadcast)}`]),
    `dev if${fixed['ifa_index']}`,
    ...(fixed['ifa_flags'] ? ['nodad'] : []),
  ].join(' ')
}

function six(family: number | undefined): string {
  return family === 10 ? '-6 ' : ''
}

function linkWords(fixed: Record<string, number>, attributes: Attribute[]): string {
  const index = fixed['ifi_index'] ? [`index ${fixed['ifi_index']}`] : []
  const up = fixed['ifi_flags'] ? ['up'] : []
  const words = attributes.flatMap(([name, value]) => ofLink[name]?.(value) ?? [])
  const [first = '', ...rest] = words
  const kind = rest.findIndex((word) => word.startsWith('type '))
  const last = kind < 0 ? rest.length : kind
  return [first, ...index, ...rest.slice(0, last), ...up, ...rest.slice(last)].join(' ')
}

const ofLink: Record<string, (value: AttributeValue) => string[]> = {
  IFLA_IFNAME: (value) => [String(value)],
  IFLA_IFALIAS: (value) => [`alias ${String(value)}`],
  IFLA_ADDRESS: (value) => [`address ${String(value)}`],
  IFLA_MTU: (value) => [`mtu ${String(value)}`],
  IFLA_MASTER: (value) => [`master if${String(value)}`],
  IFLA_NET_NS_FD: (value) => [`netns /proc/self/fd/${String(value)}`],
  IFLA_LINKINFO: (value) => kindWords(value as Attribute[]),
}

function kindWords(info: Attribute[]): string[] {
  const [[name, kind] = ['', ''], [, data] = ['', []]] = info
  if (name === 'IFLA_INFO_SLAVE_KIND') return [`type ${String(kind)}_slave hairpin on`]
  const [[, peer] = ['', undefined]] = data as Attribute[]
  if (typeof peer !== 'object' || Array.isArray(peer)) return [`type ${String(kind)}`]
  return [`type ${String(kind)} peer name ${linkWords(peer.fixed, peer.attributes)}`]
}
