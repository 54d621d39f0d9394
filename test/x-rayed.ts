/** Tests. A container that runs, and what x-ray shows of it. */
import { expect, onTestFinished } from 'vitest'
import { findContainer } from '../runtime/container/find.ts'
import type { Container } from '../runtime/options.ts'
import type { XRay } from '../runtime/tools/x-ray/xray.ts'
import { until } from './carry-out.ts'
import { kill } from './resetting.ts'
import { start, stepbox } from './stepbox.ts'

const idle = 'echo ready; while :; do sleep 1000; done'

interface Ran {
  root: string
  flags?: string[]
  chapter?: number
  script?: string
}

/** A container that runs until the test is over. */
export async function runs(ran: Ran): Promise<Container> {
  const { root, flags = [], chapter = 5, script = idle } = ran
  const name = `box${Math.random().toString(36).slice(2)}`
  const image = chapter < 3 ? [] : ['busybox']
  const words = ['run', '--name', name, ...flags, ...image, 'sh', '-c', script]
  const started = start(['--chapter', `${chapter}`, ...words], { root })
  onTestFinished(async () => {
    await kill(started)
    await stepbox(['reset', '--force'], { root })
  })
  await started.says('ready')
  await until(() => findContainer(root, name).init !== undefined, () => 'its first process')
  return findContainer(root, name)
}

export async function xray(root: string, { name }: Container): Promise<XRay> {
  const { out, err } = await stepbox(['x-ray', '--format', 'json', name], { root })
  expect(err).toBe('')
  return JSON.parse(out) as XRay
}

export const pidOf = ({ init }: Container) => init?.pid ?? 0
