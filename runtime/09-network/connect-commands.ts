/** `network connect` and `disconnect`, as they are typed. */
import { untilLast, type ListOptions, type StartedList } from '../carried-list.ts'
import { UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { containerDir } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import { NativeFailure } from '../native-failure.ts'
import { launch } from '../native.ts'
import type { Container } from '../options.ts'
import type { Step } from '../step.ts'
import { connectContainer, disconnectContainer } from './connect.ts'
import type { MemberChange, MemberWish } from './connect.ts'
import { askedNames } from './name-words.ts'
import { listNetworks } from './networks.ts'
import { checkAddresses, driverOptionsIn, isContainer } from './network-words.ts'

export function connectCommand(input: Input): Promise<Answer> {
  const wish = wishIn(input)
  const work = (asked: MemberChange) => connectContainer(input.runtime, { ...asked, wish })
  return answered(input, 'network connect', work)
}

export function disconnectCommand(input: Input): Promise<Answer> {
  const work = (asked: MemberChange) => disconnectContainer(input.runtime, asked)
  return answered(input, 'network disconnect', work)
}

async function answered(
  input: Input,
  name: string,
  work: (asked: MemberChange) => Promise<unknown>,
): Promise<Answer> {
  const [network = '', container = ''] = input.words
  let isWhole = true
  const carry = async (plan: Step[], about: Container) => {
    isWhole = await carriedOut(input, { name, plan, about })
    return isWhole
  }
  try {
    await tidy(input.runtime)
    const isExperiment = input.values.has('without')
    const change = { network, container, isExperiment, ...(isWatched(input) ? { carry } : {}) }
    const hasLeft = (await work(change)) === true
    if (hasLeft && !isWhole)
      input.runtime.warn('its cable was gone by then: the container has left the network')
    return { code: isWhole ? 0 : 125 }
  } catch (error) {
    if (error instanceof UsageError) throw error
    await input.failed(swapped(input, error))
    return { code: 1 }
  }
}

/** A container in the place of the network. */
function swapped({ runtime, words }: Input, error: unknown): unknown {
  const [{ root }, [network = '', container = '']] = [runtime, words]
  if (listNetworks(root).some(({ name }) => name === network) || !isContainer(root, network))
    return error
  const [said] = (error as Error).message.split('; ')
  return new Error(`${said}\n  '${network}' is a container; the network comes first: ${container}`)
}

function isWatched({ switches, values }: Input): boolean {
  return ['trace', 'step'].some((each) => switches.has(each)) ||
    ['without', 'record'].some((each) => values.has(each))
}

/** The list of the command, watched as the flags say. False if it was left before its end. */
async function carriedOut(
  input: Input,
  { name, plan: all, about: { id } }: { name: string; plan: Step[]; about: Container },
): Promise<boolean> {
  const { rows, root } = input.runtime
  const begin = async ({ alter, mode = 'run' }: ListOptions): Promise<StartedList> => {
    const plan = alter?.(all, containerDir(root, id)) ?? all
    const launched = launch(plan, { mode, stdio: ['ignore', 'ignore', 'inherit'] })
    if (mode !== 'step') launched.end() // no further plan follows
    const reports = mode === 'step' ? untilLast(launched, plan) : launched.reports
    const { pid, outcome } = launched
    return { plan, launched, pid, reports, groups: [], chapter: rows.at(-1)?.number ?? 0, outcome }
  }
  const argv = [name, ...input.words]
  const whenLeft = name === 'network connect' ? 'undone' : 'settled'
  const list = { name, argv, isDetached: true, whenLeft, begin } as const
  const { outcome, why } = await input.carryOut(input, list)
  if (why) throw new Error(why.text)
  if (!outcome) return false
  if (outcome.refused || outcome.lost) throw new NativeFailure(outcome.refused)
  return true
}

/** What the flags of `network connect` ask for. */
export function wishIn(input: Input): MemberWish {
  const { values } = input
  const names = askedNames({ values: renamed(values, 'alias', 'network-alias') })
  const links = (names.links ?? []).map((link) => link.join(':'))
  const [four, six] = [valueOf(input, 'ip'), valueOf(input, 'ip6')]
  const options = values.get('driver-opt')
  const given = values.get('link-local-ip')
  const linkLocal = given && [...new Set(given)]
  checkAddresses({ four, six, linkLocal })
  return {
    ...(four === undefined ? {} : { four }),
    ...(six === undefined ? {} : { six }),
    ...(linkLocal === undefined ? {} : { linkLocal }),
    ...(names.networkAliases ? { aliases: names.networkAliases } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(options === undefined ? {} : { driverOptions: driverOptionsIn(options) }),
  }
}

function renamed(values: Input['values'], from: string, to: string): Input['values'] {
  const own = new Map(values)
  const given = own.get(from)
  if (given) own.set(to, given)
  return own
}
