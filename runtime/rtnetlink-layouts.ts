/** What messages of rtnetlink(7) are made of: numbers, fields and attributes, as in linux/*.h. */

export type MessageType = keyof typeof messageTypes
export type MessageFlag = keyof typeof messageFlags

/** linux/rtnetlink.h */
export const messageTypes = {
  RTM_NEWLINK: 16,
  RTM_DELLINK: 17,
  RTM_NEWADDR: 20,
  RTM_DELADDR: 21,
  RTM_NEWROUTE: 24,
} as const

/** linux/netlink.h */
export const messageFlags = {
  NLM_F_REQUEST: 1,
  NLM_F_ACK: 4,
  NLM_F_REPLACE: 0x100,
  NLM_F_EXCL: 0x200,
  NLM_F_CREATE: 0x400,
} as const

/** A field of a fixed part: its name in C, its bytes, and the words for its values. */
export interface FixedField {
  name: string
  bytes: 1 | 2 | 4
  words?: Record<number, string>
  /** Its bits have names. */
  bits?: Record<number, string>
}

const families = { 0: 'AF_UNSPEC', 2: 'AF_INET', 10: 'AF_INET6' }
const linkBits = { 1: 'IFF_UP' }

const linkFields: FixedField[] = [
  { name: 'ifi_family', bytes: 1, words: families },
  { name: '', bytes: 1 },
  { name: 'ifi_type', bytes: 2 },
  { name: 'ifi_index', bytes: 4 },
  { name: 'ifi_flags', bytes: 4, bits: linkBits },
  { name: 'ifi_change', bytes: 4, bits: linkBits },
]

const addressFields: FixedField[] = [
  { name: 'ifa_family', bytes: 1, words: families },
  { name: 'ifa_prefixlen', bytes: 1 },
  { name: 'ifa_flags', bytes: 1, bits: { 2: 'IFA_F_NODAD' } },
  { name: 'ifa_scope', bytes: 1, words: { 0: 'RT_SCOPE_UNIVERSE' } },
  { name: 'ifa_index', bytes: 4 },
]

const routeFields: FixedField[] = [
  { name: 'rtm_family', bytes: 1, words: families },
  { name: 'rtm_dst_len', bytes: 1 },
  { name: 'rtm_src_len', bytes: 1 },
  { name: 'rtm_tos', bytes: 1 },
  { name: 'rtm_table', bytes: 1, words: { 254: 'RT_TABLE_MAIN' } },
  { name: 'rtm_protocol', bytes: 1, words: { 3: 'RTPROT_BOOT' } },
  { name: 'rtm_scope', bytes: 1, words: { 0: 'RT_SCOPE_UNIVERSE', 253: 'RT_SCOPE_LINK' } },
  { name: 'rtm_type', bytes: 1, words: { 1: 'RTN_UNICAST' } },
  { name: 'rtm_flags', bytes: 4 },
]

/** How the value of an attribute is written; `mac` and `address` as people write them. */
export type AttributeKind = 'text' | 'number' | 'byte' | 'mac' | 'address' | 'peer' | AttributeTable

/** The attributes that may stand in one place, by name. */
export type AttributeTable = Record<string, { type: number; kind: AttributeKind }>

/** linux/if_link.h, if_addr.h, rtnetlink.h, neighbour.h, veth.h. Nested ones bring their table. */
const linkAttributes: AttributeTable = {
  IFLA_ADDRESS: { type: 1, kind: 'mac' },
  IFLA_IFNAME: { type: 3, kind: 'text' },
  IFLA_MTU: { type: 4, kind: 'number' },
  IFLA_MASTER: { type: 10, kind: 'number' },
  IFLA_LINKINFO: {
    type: 18,
    kind: {
      IFLA_INFO_KIND: { type: 1, kind: 'text' },
      IFLA_INFO_DATA: { type: 2, kind: { VETH_INFO_PEER: { type: 1, kind: 'peer' } } },
      IFLA_INFO_SLAVE_KIND: { type: 4, kind: 'text' },
      IFLA_INFO_SLAVE_DATA: { type: 5, kind: { IFLA_BRPORT_MODE: { type: 4, kind: 'byte' } } },
    },
  },
  IFLA_IFALIAS: { type: 20, kind: 'text' },
  IFLA_NET_NS_FD: { type: 28, kind: 'number' },
}

/** Of a message: what has a fixed place, and the attributes that may follow. */
export interface Layout {
  fields: FixedField[]
  attributes: AttributeTable
}

export const link: Layout = { fields: linkFields, attributes: linkAttributes }

const ofAddress: Layout = {
  fields: addressFields,
  attributes: {
    IFA_ADDRESS: { type: 1, kind: 'address' },
    IFA_LOCAL: { type: 2, kind: 'address' },
    IFA_BROADCAST: { type: 4, kind: 'address' },
  },
}

export const layouts: Record<MessageType, Layout> = {
  RTM_NEWLINK: link,
  RTM_DELLINK: link,
  RTM_NEWADDR: ofAddress,
  RTM_DELADDR: ofAddress,
  RTM_NEWROUTE: {
    fields: routeFields,
    attributes: {
      RTA_DST: { type: 1, kind: 'address' },
      RTA_OIF: { type: 4, kind: 'number' },
      RTA_GATEWAY: { type: 5, kind: 'address' },
    },
  },
}
