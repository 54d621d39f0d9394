/** The packet filter of this network namespace, by whatever programs it was made: only read. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { tryRead } from '../files.ts'
import { launch } from '../native.ts'
import { toolStep } from '../step.ts'
import { chainsInIptables } from './iptables-text.ts'
import { inNetworkOf } from './seen-links.ts'
import { chainsIn, type Chain } from './rulesets.ts'

/** All chains; undefined if they cannot be read: there is no nft(8), or no permission. */
export async function readChains(): Promise<Chain[] | undefined> {
  const text = await outputOf(['nft', '-j', 'list', 'ruleset'])
  const ofNft = text === undefined ? undefined : chainsIn(text)
  const old = tryRead('/proc/net/ip_tables_names')?.split('\n').includes('filter')
  const ofOld = old ? await outputOf(['iptables-legacy-save', '-t', 'filter']) : ''
  return ofNft && [...ofNft, ...chainsInIptables(ofOld ?? '')]
}

/** What a program prints, in the network of process `pid` or here; undefined if it fails. */
export async function outputOf(
  [file = '', ...args]: string[],
  pid?: number,
): Promise<string | undefined> {
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  const plan = [
    ...closeInherited(),
    ...(pid === undefined ? [] : inNetworkOf(pid)),
    toolStep(['execvpe', file, [file, ...args], env], 'it lists the rules of the host'),
  ]
  const { process, outcome } = launch(plan, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  process.stdout?.setEncoding('utf8').on('data', (some: string) => (text += some))
  const { exitCode } = await outcome
  return exitCode === 0 ? text : undefined
}
