/** Records how a container was started, for `commit` to write into the new image's config. */
import type { ImageSettings } from '../chapter.ts'
import { askedVariables } from '../01-namespaces/environment.ts'
import { entrypointAndCmd, given, workdir } from '../01-namespaces/flags.ts'
import type { Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'

/** The image's settings with those of the command line in place of them, in OCI's field names. */
export function askedSettings(typed: Typed, image: ImageSettings): Partial<ContainerOptions> {
  const { Entrypoint, Cmd } = entrypointAndCmd(typed, image)
  return {
    config: {
      ...(Entrypoint.length > 0 ? { Entrypoint } : {}),
      Cmd,
      Env: askedVariables(typed, image).filter((entry) => entry.includes('=')),
      WorkingDir: workdir(typed, image) ?? '',
      User: given(typed, 'user') ?? image.User ?? '',
    },
  }
}
