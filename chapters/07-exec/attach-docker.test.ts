/** Tests. attach, and leaving a container by keys, on a real terminal beside a real dockerd. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerClient, dockerd } from '../../test/dockerd.ts'
import { onTerminal, type OnTerminal } from '../../test/on-terminal.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

/** It gives back what it is given, byte by byte. */
const giveBack = "sh -c 'stty raw -echo 2>/dev/null; echo ready; exec cat'"
/** Without a terminal: its dots say that somebody is attached. */
const trap = `sh -c 'trap "echo caught; exit 7" INT; while sleep 0.05; do echo .; done'`
const letGo = '\x10\x11'

interface Session {
  /** The container that there is before. */
  before: string
  command: string
  then: (at: OnTerminal) => void | Promise<void>
}

/** Type `text`, and wait until the container has given it back. */
async function typed(at: OnTerminal, text: string): Promise<void> {
  at.type(text)
  await at.shows(text)
}

async function typedToLeave(at: OnTerminal): Promise<void> {
  await typed(at, '1')
  at.type(letGo)
}

const sessions: Record<string, Session> = {
  'run -it': {
    before: '',
    command: `run -it --name BOX IMAGE ${giveBack}`,
    then: async (at) => (await at.shows('ready'), await typedToLeave(at)),
  },
  attach: { before: `run -d -it IMAGE ${giveBack}`, command: 'attach BOX', then: typedToLeave },
  'keys of its own': {
    before: `run -d -it IMAGE ${giveBack}`,
    command: 'attach --detach-keys a,b BOX',
    then: async (at) => {
      await typed(at, '1')
      await typed(at, `${letGo}aab2`)
      at.type('3ab')
    },
  },
  'start -ai': {
    before: `create -it IMAGE ${giveBack}`,
    command: 'start -ai BOX',
    then: async (at) => (await at.shows('ready'), await typedToLeave(at)),
  },
  'start -ai, when it runs': {
    before: `run -d -it IMAGE ${giveBack}`,
    command: 'start -ai BOX',
    then: typedToLeave,
  },
  'exec -it': {
    before: 'run -d IMAGE sleep 100',
    command: `exec -it BOX ${giveBack}`,
    then: async (at) => (await at.shows('ready'), await typedToLeave(at)),
  },
  'the end of the container': {
    before: "run -d -it IMAGE sh -c 'read x; exit 5'",
    command: 'attach BOX',
    then: (at) => at.type('go\n'),
  },
  'a key that is a signal': {
    before: `run -d -i IMAGE ${trap}`,
    command: 'attach BOX',
    then: async (at) => (await at.shows('.'), at.type('\x03')),
  },
  'a signal that is not passed on': {
    before: `run -d -i IMAGE ${trap}`,
    command: 'attach --sig-proxy=false BOX',
    then: async (at) => (await at.shows('.'), at.type('\x03')),
  },
  'without input': {
    before: `run -d -i IMAGE ${trap}`,
    command: 'attach --no-stdin BOX',
    then: async (at) => (await at.shows('.'), at.type('\x03')),
  },
}

const untilReady = (logs: string) => `until ${logs} | grep -q ready; do sleep 0.05; done`

/** How a session goes with `program`, a command for a shell. */
async function outcomeOf(
  program: string,
  { before, command, then }: Session,
  env: Record<string, string>,
) {
  const box = `box${++boxes}`
  const words = (text: string) =>
    `${program} ${text.replace('BOX', box).replace('IMAGE', '--network none busybox')}`
  const named = before.replace(/^(run|create)/, '$1 --name BOX')
  if (before) await onTerminal(words(named), env).ended
  if (/^run.*ready/.test(before)) await onTerminal(untilReady(words('logs BOX')), env).ended
  const at = onTerminal(words(command), env)
  await then(at)
  const { code, shown, isAsBefore } = await at.ended
  const inspect = onTerminal(words("inspect -f '{{.State.Status}}' BOX"), env)
  const { shown: state } = await inspect.ended
  await onTerminal(words('rm -f BOX'), env).ended
  const told = shown.replace(/^\.\n|ready|\^C/gm, '').replace('stepbox: ', '').trim()
  return { code, told, isAsBefore, state: state.trim() }
}

let boxes = 0

test('each goes as with Docker', async (context) => {
  needs(context, 'util-linux-script')
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  const goes = async ([name, session]: [string, Session]) => {
    const [theirs, ours] = await Promise.all([
      outcomeOf(dockerClient, session, { DOCKER_HOST: host, HOME: root }),
      outcomeOf(`node ${program}`, session, { STEPBOX_ROOT: root }),
    ])
    expect([name, ours]).toEqual([name, theirs])
    expect(ours.isAsBefore).toBe(true)
  }
  const all = Object.entries(sessions)
  const half = Math.ceil(all.length / 2)
  for (const some of [all.slice(0, half), all.slice(half)]) await Promise.all(some.map(goes))
}, 240_000)
