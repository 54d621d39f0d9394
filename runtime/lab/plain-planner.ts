/**
 * The learner's modules at work without a sandbox: in this process, with the rights of the learner,
 * whose own they are. For systems where no room can be made; what others wrote does not get here.
 */
import { SourceMap, type SourceMapPayload } from 'node:module'
import { createContext, Script } from 'node:vm'
import { sentence } from '../sentence.ts'
import { noAnswer, PlannerError, type Planner } from './planner.ts'

const patienceMs = 5000

/** `bundle` has the texts of modules, by path: see bundle.ts. */
export function openPlainPlanner(bundle: string): Planner {
  const texts = JSON.parse(bundle) as Record<string, string>
  const compile = (text: string, filename: string): unknown =>
    new Script(text, { filename }).runInContext(context)
  const context = createContext({ texts, compile, Buffer })
  loading.runInContext(context)
  return {
    close: async () => {},
    ask: async ({ file, symbol, args }) => {
      Object.assign(context, { question: JSON.stringify({ file, symbol, args }) })
      try {
        const text: unknown = answering.runInContext(context, { timeout: patienceMs })
        if (typeof text === 'string') return JSON.parse(text)
      } catch (error) {
        throw problemIn(error, texts)
      }
      throw new PlannerError(sentence('{symbol} returns nothing', { symbol }))
    },
  }
}

/** CommonJS by hand: a module is run when it is first required, under its own name. */
const loading = new Script(`
  const loaded = new Map()
  const load = (path) => {
    if (loaded.has(path)) return loaded.get(path).exports
    if (!Object.hasOwn(texts, path)) throw new Error("the lab has no such file: '" + path + "'")
    const module = { exports: {} }
    loaded.set(path, module)
    const names = path.split('/').slice(0, -1)
    const require = (name) => {
      if (!name.startsWith('.')) return load(name)
      const steps = [...names]
      for (const each of name.split('/'))
        if (each === '..') steps.pop()
        else if (each !== '.') steps.push(each)
      return load(steps.join('/'))
    }
    const text = '(function (exports, require, module) {' + texts[path] + '\\n})'
    compile(text, path)(module.exports, require, module)
    return module.exports
  }
`)

const answering = new Script(`{
  const { file, symbol, args } = JSON.parse(question)
  const found = load(file)[symbol]
  JSON.stringify(typeof found === 'function' ? found(...args) : found)
}`)

function problemIn(error: unknown, texts: Record<string, string>): PlannerError {
  const { name, message, stack, code } = Object(error) as NodeJS.ErrnoException
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
    return new PlannerError(noAnswer(patienceMs / 1000))
  const said = message === undefined ? `it threw ${String(error)}` : `${name}: ${message}`
  const problem = sentence('{problem}', { problem: said })
  return new PlannerError(problem, placeIn(stack ?? '', texts))
}

/** The first place of the learner's in a stack, by the map at the end of the module's text. */
function placeIn(stack: string, texts: Record<string, string>): string | undefined {
  const place = /((?:runtime|chapters)\/[^\s:()]+):(\d+):(\d+)/.exec(stack)
  const [, file = '', line, column] = place ?? []
  const [, map] = /sourceMappingURL=data:[^,]*,(\S+)/.exec(texts[file] ?? '') ?? []
  if (!line || !column || !map) return undefined
  const payload = JSON.parse(Buffer.from(map, 'base64').toString()) as SourceMapPayload
  const entry = new SourceMap(payload).findEntry(Number(line) - 1, Number(column) - 1)
  return 'originalSource' in entry ? `${file}:${entry.originalLine + 1}` : undefined
}
