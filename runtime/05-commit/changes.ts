/** `commit --change`: lines of a Dockerfile that change an image's config. */
import { constants } from 'node:os'
import { posix } from 'node:path'
import { expand, instructionsIn, words } from './dockerfile-words.ts'
import { healthcheckOf } from './healthcheck.ts'
import type { ContainerConfig } from './store/oci.ts'

/** What an instruction does to the config; `earlier` has the names of those before it. */
type Instruction = (config: ContainerConfig, text: string, earlier: string[]) => ContainerConfig

const instructions: Record<string, Instruction> = {
  CMD: (config, text) => ({ ...config, Cmd: commandLine(config, text, 'CMD') }),
  ENTRYPOINT: (config, text, earlier) => ({
    ...config,
    Entrypoint: commandLine(config, text, 'ENTRYPOINT'),
    // The old CMD had the arguments for the old ENTRYPOINT, so it goes with it.
    Cmd: earlier.includes('CMD') ? (config.Cmd ?? null) : null,
  }),
  ENV: (config, text) => ({ ...config, Env: withVariables(config.Env ?? [], text) }),
  EXPOSE: (config, text) => ({
    ...config,
    ExposedPorts: { ...config.ExposedPorts, ...keys(expandedWords(text, config).flatMap(ports)) },
  }),
  HEALTHCHECK: (config, text) => {
    const check = healthcheckOf(text, (command) => jsonList(command, 'HEALTHCHECK CMD'))
    return { ...config, Healthcheck: { ...config.Healthcheck, ...check } } // as Docker's commit
  },
  LABEL: (config, text) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairs(text, config.Env ?? [])) },
  }),
  ONBUILD: (config, text) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), trigger(text)] }),
  SHELL: (config, text) => ({ ...config, Shell: shell(jsonList(text, 'SHELL')) }),
  STOPSIGNAL: (config, text) => ({
    ...config,
    StopSignal: signal(only(text, config, 'a signal')),
  }),
  USER: (config, text) => ({ ...config, User: only(text, config, 'a user, as in USER 1000:1000') }),
  VOLUME: (config, text) => ({
    ...config,
    Volumes: { ...config.Volumes, ...keys(listOrWords(text, config)) },
  }),
  WORKDIR: (config, text) => ({
    ...config,
    WorkingDir: directory(config.WorkingDir || '/', expand(text, config.Env ?? [])),
  }),
}

/**
 * Apply `changes`, which are the lines of a Dockerfile, by its rules
 * (docs.docker.com/reference/dockerfile): CMD and ENTRYPOINT take JSON or a line for the shell; ENV
 * and LABEL take `a=b c="d e"` or the old form `a b`; `$NAME` is replaced from the ENV of the
 * config so far. Gives the new config. Throws with the wrong change and what would be accepted.
 */
export function applyChanges(config: ContainerConfig, changes: string[]): ContainerConfig {
  const earlier: string[] = []
  let changed = config
  const found = instructionsIn(changes.join('\n'))
  if (changes.length > 0 && found.length === 0)
    throw new Error(`invalid change '${changes.join(' ')}': ${accepted}`)
  for (const change of found) {
    try {
      const [, given = '', text = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(change) ?? []
      const name = given.toUpperCase()
      const apply = Object.hasOwn(instructions, name) ? instructions[name] : undefined
      if (!apply) throw new Error(accepted)
      if (text === '') throw new Error(`${name} needs a value`)
      changed = apply(changed, text, earlier)
      earlier.push(name)
    } catch (cause) {
      throw new Error(`invalid change '${change}': ${(cause as Error).message}`, { cause })
    }
  }
  return changed
}

const accepted = `accepted are ${Object.keys(instructions).join(', ')}`

/** `["httpd", "-f"]` is the argument list itself; anything else is a line for the shell. */
function commandLine({ Shell }: ContainerConfig, text: string, name: string): string[] {
  return jsonList(text, name) ?? [...(Shell ?? ['/bin/sh', '-c']), text]
}

/**
 * A list of strings in JSON; undefined if `text` is not a list. A list in single quotes is an error
 * here: Docker silently runs it as a shell command, which hardly ever is what was meant.
 */
function jsonList(text: string, name: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  } catch {
    // ignoring: `[ -f /x ] && …` is a line for the shell
  }
  if (!/^\[.*['",].*\]$/s.test(text)) return undefined
  throw new Error(`a list has strings in double quotes, as in ${name} ["first", "second"]`)
}

/** `env` with the variables of `text` added or replaced. */
function withVariables(env: string[], text: string): string[] {
  const variables = new Map(env.map((entry) => [entry.split('=', 1)[0] ?? '', entry]))
  for (const [name, value] of pairs(text, env)) variables.set(name, `${name}=${value}`)
  return [...variables.values()]
}

/** `a=b c="d e"`, or the old form `a b`, in which everything after the first space is the value. */
function pairs(text: string, env: string[]): [name: string, value: string][] {
  const [first = '', ...rest] = words(text)
  if (!first.includes('=')) {
    if (rest.length === 0) throw new Error('a name needs a value, as in NAME=value')
    return [[expand(first, env), expand(text.slice(first.length).trim(), env)]]
  }
  return [first, ...rest].map((word) => {
    const equals = word.indexOf('=')
    if (equals < 1) throw new Error(`'${word}' is not of the form NAME=value`)
    return [expand(word.slice(0, equals), env), expand(word.slice(equals + 1), env)]
  })
}

/**
 * The exposed ports of one word, as OCI writes them: `80/tcp`. A range gives several. Of a port on
 * the host, `8080:80`, an image keeps nothing.
 */
function ports(word: string): string[] {
  const [, first, last = first, given = ''] =
    /^(?:[\w.[\]:-]*:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp)?)?$/i.exec(word) ?? []
  const protocol = given.toLowerCase() || 'tcp'
  const [from, to] = [Number(first), Number(last)]
  if (!(from >= 1 && from <= to && to <= 65535))
    throw new Error(`'${word}' is not a port: write 80, 80/udp or 8000-8010, up to 65535`)
  return Array.from({ length: to - from + 1 }, (_, at) => `${from + at}/${protocol}`)
}

/** A list in JSON, or words; both with their variables replaced. */
function listOrWords(text: string, config: ContainerConfig): string[] {
  const list = jsonList(text, 'VOLUME')
  return list?.map((each) => expand(each, config.Env ?? [])) ?? expandedWords(text, config)
}

/** An absolute path as it is: `..` behind a link leads elsewhere. Others are below `current`. */
function directory(current: string, path: string): string {
  return path.startsWith('/') ? path : posix.join(current, path)
}

/** An instruction for the build that has this image as its base. */
function trigger(text: string): string {
  const [name = ''] = text.split(/\s/)
  if (/^(onbuild|from|maintainer)$/i.test(name))
    throw new Error(`${name.toUpperCase()} cannot come after ONBUILD`)
  return text
}

function shell(list: string[] | undefined): string[] {
  if (list && list.length > 0) return list
  throw new Error('it takes a list, as in SHELL ["/bin/bash", "-c"]')
}

/** A signal by number or name, as it is written. */
function signal(text: string): string {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`
  const isNumber = /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64
  const isRealTime = /^SIGRT(MIN(\+\d{1,2})?|MAX(-\d{1,2})?)$/.test(name)
  if (isNumber || isRealTime || Object.hasOwn(constants.signals, name)) return text
  throw new Error(`'${text}' is not a signal: write SIGTERM, TERM or 15`)
}

/** The words of `text` with their variables replaced. */
function expandedWords(text: string, { Env }: ContainerConfig): string[] {
  return words(text).map((word) => expand(word, Env ?? []))
}

/** The one word of `text`; `what` says what it should be. */
function only(text: string, config: ContainerConfig, what: string): string {
  const [value = '', ...more] = expandedWords(text, config)
  if (value === '' || more.length > 0) throw new Error(`it takes ${what}`)
  return value
}

/** A set of names as OCI writes it: an object whose values are empty objects (config.md). */
function keys(names: string[]): Record<string, object> {
  if (names.includes('')) throw new Error('one of its names is empty')
  return Object.fromEntries(names.map((name) => [name, {}]))
}
