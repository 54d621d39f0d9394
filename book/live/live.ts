/** Whether pages can be live on this machine, and why not. */
import { accessSync, constants } from 'node:fs'
import { nativePath } from '../../runtime/native.ts'
import { chapterNumbers } from './chapters.ts'
import { isLoopback } from './token.ts'
import { workspace } from './workspace.ts'

/** What /live/can says. */
export type Can =
  | { live: true; chapters: number[]; workspace: string | null }
  | { live: false; why: string; zh: string }

export interface Wish {
  host: string
  /** False: `--no-live`. */
  isWanted: boolean
}

export function can({ host, isWanted }: Wish): Can {
  const why = whyNot({ host, isWanted })
  if (why) return { live: false, why: why[0], zh: why[1] }
  return { live: true, chapters: chapterNumbers(), workspace: workspace() ?? null }
}

function whyNot({ host, isWanted }: Wish): readonly [english: string, chinese: string] | undefined {
  if (!isWanted)
    return ['The book was started with --no-live.', '这本书是用 --no-live 启动的。']
  if (!isLoopback(host))
    return [
      'Other machines can reach this server (--host), so it starts no shell.',
      '其他机器能访问这个服务器（--host），所以它不启动 shell。',
    ]
  if (process.platform !== 'linux') return ['Containers need Linux.', '容器需要 Linux。']
  if (process.geteuid?.() !== 0)
    return ['The server does not run as root: sudo npm start', '服务器不是以 root 运行的：sudo npm start']
  if (!isExecutable(nativePath))
    return [
      'The native program is not there: npm run setup says why.',
      '没有 native 程序：npm run setup 会说明原因。',
    ]
  if (!['/bin/bash', '/usr/bin/bash'].some(isExecutable))
    return ['There is no bash on this machine.', '这台机器上没有 bash。']
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
