/** The flags of `run` about names, and what they ask for. */
import { isIP } from 'node:net'
import { UsageError, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import type { AskedDns } from './resolv-conf.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    dns?: AskedDns
    /** Lines for /etc/hosts; the address may be `host-gateway`. */
    extraHosts?: [name: string, address: string][]
    /** What others in its first network call it, beside its name. */
    networkAliases?: string[]
    /** What it calls others there: name and alias. */
    links?: [name: string, alias: string][]
  }
}

/** In the order in which `run --help` shows them. */
export const nameFlags: Flag[] = [
  { long: 'network-alias', value: 'NAME', many: true, text: 'a further name in its network' },
  { long: 'net-alias', value: 'NAME', many: true, text: 'the same as --network-alias' },
  { long: 'link', value: 'CONTAINER[:NAME]', many: true, text: 'call another one by this name' },
  { long: 'add-host', value: 'NAME:ADDRESS', many: true, text: 'a line for /etc/hosts' },
  { long: 'dns', value: 'ADDRESS', many: true, text: 'who is asked for all other names' },
  { long: 'dns-search', value: 'DOMAIN', many: true, text: 'what short names are tried with' },
  { long: 'dns-option', value: 'OPTION', many: true, text: 'as in resolv.conf(5): ndots:2' },
  { long: 'dns-opt', value: 'OPTION', many: true, text: 'the same as --dns-option' },
]

export function askedNames({ values }: Pick<Typed, 'values'>): Partial<ContainerOptions> {
  const given = (...longs: string[]) => longs.flatMap((long) => values.get(long) ?? [])
  const servers = given('dns').map(serverIn)
  const search = given('dns-search').map(domainIn)
  const options = given('dns-option', 'dns-opt').filter(Boolean)
  const dns = {
    ...(servers.length > 0 ? { servers } : {}),
    ...(search.length > 0 ? { search } : {}),
    ...(options.length > 0 ? { options } : {}),
  }
  const extraHosts = given('add-host').map(extraHostIn)
  const networkAliases = given('network-alias', 'net-alias').map(aliasIn)
  const links = given('link').map(linkIn)
  return {
    ...(Object.keys(dns).length > 0 ? { dns } : {}),
    ...(extraHosts.length > 0 ? { extraHosts } : {}),
    ...(networkAliases.length > 0 ? { networkAliases } : {}),
    ...(links.length > 0 ? { links } : {}),
  }
}

function serverIn(word: string): string {
  if (isIP(word) === 0) throw invalid('dns', word, `${word} is not an ip address`)
  return word
}

/** A dot alone takes the host's domains away. */
function domainIn(word: string): string {
  if (word === '.' || /^([a-z\d]([a-z\d-]*[a-z\d])?\.)*[a-z\d]([a-z\d-]*[a-z\d])?\.?$/i.test(word))
    return word
  throw invalid('dns-search', word, `${word} is not a valid domain`)
}

function extraHostIn(word: string): [string, string] {
  const at = word.indexOf(':')
  if (at <= 0 || /\s/.test(word))
    throw invalid('add-host', word, `bad format for add-host: "${word}"`)
  const [name, address] = [word.slice(0, at), word.slice(at + 1)]
  if (address !== 'host-gateway' && isIP(address) === 0)
    throw invalid('add-host', word, `invalid IP address in add-host: "${address}"`)
  return [name, address]
}

function aliasIn(word: string): string {
  if (isName(word)) return word
  throw invalid('network-alias', word, 'a name is letters, digits and ._- behind the first')
}

function linkIn(word: string): [string, string] {
  const [name = '', alias = name, ...more] = word.split(':')
  if (more.length > 0 || !isName(name) || !isName(alias))
    throw invalid('link', word, `bad format for links: ${word}`)
  return [name, alias]
}

/** It becomes a word of a file: no space, and nothing that is not printable. */
function isName(word: string): boolean {
  return /^[a-z\d_][\w.-]{0,252}$/i.test(word)
}

function invalid(flag: string, word: string, why: string): UsageError {
  return new UsageError(`invalid argument "${word}" for "--${flag}" flag: ${why}`)
}
