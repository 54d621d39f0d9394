/** `start --restart-policy`: after a reboot, what Docker does when its daemon starts. */
import type { Runtime } from '../chapter.ts'
import { UsageError, type Answer, type Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { listContainers } from '../container/find.ts'
import { isEndWanted } from '../container/journal.ts'
import { containerDir } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { ownCommand } from './lifecycle.ts'
import { startContainer } from './start-container.ts'

/** Prints the names of those that were started; with `--unit`, a unit of systemd that does so. */
export async function bootCommand(input: Input): Promise<Answer> {
  const { runtime, words, switches, chapter, explain, print, failed } = input
  if (!switches.has('restart-policy'))
    throw new UsageError('--unit is about --restart-policy: start --restart-policy --unit')
  if (words.length > 0)
    throw new UsageError('--restart-policy says which ones are started: it takes no names')
  if (switches.has('unit')) return { lines: unitFor(runtime.root) }
  checkMachine()
  await tidy(runtime)
  let code = 0
  for (const { id, name } of wantedAtBoot(runtime))
    try {
      await startContainer(runtime, id, { chapter: chapter.number, explain })
      print(name)
    } catch (error) {
      await failed(error)
      code = 1
    }
  return { code }
}

/** The containers that their policies start after a reboot, the oldest first. */
function wantedAtBoot({ root }: Pick<Runtime, 'root'>): Container[] {
  const isWanted = (each: Container) => wantsStart(each, isEndWanted(containerDir(root, each.id)))
  return listContainers(root).filter(isWanted).reverse()
}

/**
 * Whether a policy starts a container that has ended: `always`, whoever ended it; `unless-stopped`,
 * unless a command did (`stop`, `kill`); `on-failure`, if it failed, and as often as it may. One
 * that never ran is not started.
 */
function wantsStart(container: Container, isStopped: boolean): boolean {
  const { status, restart, exitCode = 0, restarts = 0 } = container
  if (status !== 'exited' || !restart) return false
  const { name, most = Infinity } = restart
  if (name === 'on-failure') return exitCode !== 0 && restarts < most
  return name === 'always' || (name === 'unless-stopped' && !isStopped)
}

/**
 * A unit of systemd that starts them at boot (systemd.service(5)). It stays active, because what it
 * has started lives on in its control group; `Delegate` lets containers have groups there.
 */
function unitFor(root: string): string[] {
  const command = ownCommand(root, 'start', '--restart-policy')
  return [
    '[Unit]',
    'Description=Stepbox containers with a restart policy',
    `RequiresMountsFor=${inUnit(root)}`,
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    'Delegate=yes',
    `ExecStart=${command.map((word) => inUnit(word).replaceAll('$', '$$$$')).join(' ')}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]
}

/** A word as systemd.syntax(7) quotes it; a percent sign would begin a specifier. */
function inUnit(word: string): string {
  const safe = word.replaceAll('%', '%%')
  return /^[\w./:=@%+-]+$/.test(safe) ? safe : `"${safe.replace(/["\\]/g, '\\$&')}"`
}
