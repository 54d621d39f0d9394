/** Records how a container was started, for `commit` to write into the new image's config. */
import type { ImageSettings } from '../chapter.ts'
import { valueOf, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'

/** The image's settings with those of the command line in place of them, in OCI's field names. */
export function askedSettings(typed: Typed, image: ImageSettings): Partial<ContainerOptions> {
  const { Entrypoint, Cmd, Env, WorkingDir, User } = image
  const given = typed.values.get('env') ?? []
  const nameOf = (entry: string) => entry.split('=')[0]
  const inherited = (Env ?? []).filter(
    (entry) => !given.some((other) => nameOf(other) === nameOf(entry)),
  )
  return {
    config: {
      ...(Entrypoint ? { Entrypoint } : {}),
      Cmd: typed.words.length > 0 ? typed.words : (Cmd ?? []),
      Env: [...inherited, ...given.filter((entry) => entry.includes('='))],
      WorkingDir: valueOf(typed, 'workdir') ?? WorkingDir ?? '',
      User: valueOf(typed, 'user') ?? User ?? '',
    },
  }
}
