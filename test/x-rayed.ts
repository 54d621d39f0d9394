/** Tests. A container that runs, and what x-ray shows of it. */
import { expect, onTestFinished } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { findContainer } from '../runtime/container/find.ts'
import type { Container } from '../runtime/options.ts'
import type { XRay } from '../runtime/tools/x-ray/xray.ts'
import { until } from './carry-out.ts'
import { kill } from './resetting.ts'
import { imageOf } from './rows.ts'
import { start, stepbox } from './stepbox.ts'

const idle = 'echo ready; while :; do sleep 1000; done'

interface Ran {
  root: string
  flags?: string[]
  /** The slug of the chapter; without it, the last one. */
  chapter?: string | undefined
  script?: string
}

/** A container that runs until the test is over. */
export async function runs(ran: Ran): Promise<Container> {
  const { root, flags = [], chapter = chapters.at(-1)?.slug ?? '', script = idle } = ran
  const name = `box${Math.random().toString(36).slice(2)}`
  const image = await imageOf(chapter)
  const words = ['run', '--name', name, ...flags, ...image, 'sh', '-c', script]
  const started = start(['--chapter', chapter, ...words], { root })
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
