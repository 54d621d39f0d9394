/** Tests. Containers of busybox at the last chapter, begun by this process. */
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import type { Runtime } from '../runtime/chapter.ts'
import { begin, finish, type RunOptions } from '../runtime/container/run.ts'
import type { Started } from '../runtime/container/start.ts'
import type { Container } from '../runtime/options.ts'

/** Begin one whose streams are /dev/null; its root has busybox. */
export function beginBusybox(
  runtime: Runtime,
  options: Partial<RunOptions> & Pick<RunOptions, 'argv'>,
): Promise<Started> {
  const { root, rows } = runtime
  const image = resolve(root, 'busybox')
  const { name, id, manifest, layers } = image
  return begin(runtime, {
    chapter: rows.at(-1)?.number ?? 0,
    env: ['PATH=/bin'],
    image: { name, id, manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) },
    layers: () => layerDirs(root, image),
    stdio: ['ignore', 'ignore', 'ignore'],
    ...options,
  })
}

/** One that lives on and does nothing. */
export async function startIdle(
  runtime: Runtime,
  options: Partial<RunOptions> = {},
): Promise<Container> {
  const argv = ['sleep', '100000']
  const started = await beginBusybox(runtime, { ...options, argv, detach: true })
  const { livesOn, container } = await finish(runtime, started)
  if (!livesOn) throw new Error('a container that should idle has ended')
  return container
}
