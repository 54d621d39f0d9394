/** `version`: what Docker's command of this name says, as far as it has a meaning here. */
import { release } from 'node:os'
import metadata from '../../package.json' with { type: 'json' }
import { padded } from '../columns.ts'
import type { Answer, Input } from '../command-line.ts'
import { chapterName, ociArchitecture } from './facts.ts'
import { say } from './voice.ts'

/** There is no daemon: client and engine are one program. */
export function versionCommand({ chapter }: Input): Answer {
  const { version } = metadata
  const [Os, Arch] = [process.platform, ociArchitecture()]
  const own = { Version: version, NodeVersion: process.version, Os, Arch }
  const Server = { ...own, KernelVersion: release(), Chapter: chapterName(chapter) }
  return {
    json: { Client: own, Server },
    lines: [
      'Client:',
      ...pairs({ Version: version, 'Node version': process.version, 'OS/Arch': `${Os}/${Arch}` }),
      '',
      say('Server: none; the program makes containers itself'),
      ...pairs({ 'Kernel version': release(), Chapter: chapterName(chapter) }),
    ],
  }
}

function pairs(values: Record<string, string>): string[] {
  const named = (name: string) => padded(`${say(name)}${say(':')}`, 18)
  return Object.entries(values).map(([name, value]) => ` ${named(name)} ${value}`)
}
