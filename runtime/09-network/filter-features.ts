/** What the packet filter needs of the kernel, one feature after the other, to find which lacks. */
import { toolStep, type Step } from '../step.ts'
import { filterScript } from './packet-filter.ts'

interface Feature {
  what: string
  /** As in the kernel's build, without CONFIG_. */
  option: string
  module: string
  /** What nft(8) reads, inside of `table inet stepbox-try`. */
  rules: string
}

const prerouting = 'type nat hook prerouting priority dstnat'

const features: Feature[] = [
  { what: 'tables of both families', option: 'NF_TABLES_INET', module: 'nf_tables', rules: '' },
  {
    ...{ what: 'sets and maps', option: 'NF_TABLES', module: 'nf_tables' },
    rules: 'map m { type inet_proto . inet_service : ipv4_addr . inet_service; }',
  },
  {
    ...{ what: 'connection tracking', option: 'NFT_CT', module: 'nft_ct' },
    rules: 'chain c { type filter hook forward priority filter; ct state established accept; }',
  },
  {
    ...{ what: 'destination NAT', option: 'NFT_NAT', module: 'nft_nat' },
    rules: `chain c { ${prerouting}; tcp dport 9 dnat ip to 192.0.2.1:9; }`,
  },
  {
    ...{ what: 'masquerade', option: 'NFT_MASQ', module: 'nft_masq' },
    rules: 'chain c { type nat hook postrouting priority srcnat; masquerade; }',
  },
  {
    ...{ what: 'looks into the routes', option: 'NFT_FIB_INET', module: 'nft_fib_inet' },
    rules: `chain c { ${prerouting}; fib daddr type local accept; }`,
  },
]

const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']

function tried(script: string): Step {
  return toolStep(['spawn', 'nft', ['nft', '-f', '-'], env, script], 'what containers need of it')
}

function scriptOf({ rules }: Feature): string {
  return `table inet stepbox-try {\n${rules}\n}\ndelete table inet stepbox-try\n`
}

/** The features, then all of our rules. They are for a network namespace that goes away. */
export function filterTries(): Step[] {
  const whole = filterScript([], { id: '', ends: [], ports: [] })
  return [...features.map(scriptOf), whole].map(tried)
}

/** Why one of these steps failed, and what to type. */
export function filterCause({ call }: Step, errno: string): { why: string; remedy: string } {
  const remedy = 'apt-get install nftables'
  if (errno === 'ENOENT') return { why: 'the program nft, which sets up rules, is missing', remedy }
  const found = features.find((each) => call[0] === 'spawn' && call[4] === scriptOf(each))
  if (!found)
    return { why: 'nft 0.9.4 or newer, and Linux 5.11 or newer, know all these rules', remedy }
  const { what, option, module } = found
  const why = `the packet filter of this kernel lacks ${what}: CONFIG_${option}`
  return { why, remedy: `modprobe ${module}` }
}
