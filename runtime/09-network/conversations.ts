/**
 * Conversations by UDP in the kernel's notes (conntrack). UDP has no end that the kernel could see,
 * so a note lasts as long as somebody goes on sending, and the map of published ports is not asked
 * again: without this, a client would go on with an address that a container had before, or with
 * the host, which had no container for it then.
 */
import { networkInterfaces } from 'node:os'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { perform, StepError } from '../native.ts'
import { toAddress } from '../net-address.ts'
import { stepOf } from '../step.ts'
import type { HeldPort } from './net-plan.ts'
import { dumpRequest, heardAttributes, heardIn, plainRequest } from './netlink-read.ts'
import type { HeardMessage } from './netlink-read.ts'

const step = stepOf(9)

/** IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE of NFNL_SUBSYS_CTNETLINK (nfnetlink_conntrack.h). */
const [getNotes, deleteNote] = [(1 << 8) | 1, (1 << 8) | 2]

/** CTA_TUPLE_ORIG and CTA_ZONE; in the first CTA_TUPLE_IP and CTA_TUPLE_PROTO. */
const [asSent, zone] = [1, 18]
const [addresses, protocol] = [1, 2]

const nested = 0x8000
const udp = 17

/** Delete the notes of what was sent to these ports, so that the map is asked again. */
export async function forgetConversations(ports: HeldPort[]): Promise<void> {
  const ofUdp = ports.filter((each) => each.protocol === 'udp')
  if (ofUdp.length === 0) return
  const dump = step(['netlink_dump', 'NETLINK_NETFILTER', dumpRequest(getNotes, 4)], 'all notes')
  const plan = [...closeInherited(), dump]
  const reports = await perform(plan).catch(withoutNotes)
  const notes = heardIn(reports.at(-1)?.answer ?? Buffer.alloc(0))
  const stale = notes.filter((note) => ofUdp.some((port) => isAbout(note, port)))
  if (stale.length === 0) return
  await perform([
    ...closeInherited(),
    ...stale.map((note) =>
      step(
        ['netlink_dump', 'NETLINK_NETFILTER', deletionOf(note)],
        'the next packet of this client asks the map again',
        'ENOENT',
      ),
    ),
  ])
}

/** A kernel that keeps no notes, or shows none, has none to delete. */
function withoutNotes(error: unknown): [] {
  if (error instanceof StepError) return []
  throw error
}

/** Whether it began with a packet to this port of the host, and not with one to somebody else. */
function isAbout({ attributes }: HeardMessage, { address, port }: HeldPort): boolean {
  const sent = heardAttributes(attributes.get(asSent) ?? Buffer.alloc(0))
  const [ends, ways] = [addresses, protocol].map((type) =>
    heardAttributes(sent.get(type) ?? Buffer.alloc(0)),
  )
  const bytes = ends?.get(2) ?? ends?.get(4) // CTA_IP_V4_DST, CTA_IP_V6_DST
  if (!bytes || ways?.get(1)?.[0] !== udp || ways.get(3)?.readUInt16BE(0) !== port) return false
  const to = toAddress(bytes)
  const isAny = address === (to.includes(':') ? '::' : '0.0.0.0')
  return to === address || (isAny && isOwn(to))
}

/** Whether the host has this address. */
function isOwn(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return address.startsWith('127.') || own.some((each) => each.address === address)
}

function deletionOf({ fixed, attributes }: HeardMessage): Uint8Array {
  const header = plainRequest(deleteNote, 0)
  const body = [asSent, zone].flatMap((type) => {
    const value = attributes.get(type)
    return value ? [attribute(type === asSent ? type | nested : type, value)] : []
  })
  const whole = Buffer.concat([header, fixed, ...body]) // of the same family
  whole.writeUInt32LE(whole.length, 0)
  return whole
}

function attribute(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  whole.writeUInt16LE(4 + value.length, 0)
  whole.writeUInt16LE(type, 2)
  value.copy(whole, 4)
  return whole
}
