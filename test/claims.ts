/** Tests. The reporter: the claims of each file below its title; then failures, plainest first. */
import { readFileSync } from 'node:fs'
import chalk from 'chalk'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { wrap } from '../runtime/tools/wrap.ts'

const width = 80

/** A failed test or suite, or a file that could not be loaded, with one of its errors. */
interface Failure {
  of: TestCase | TestSuite | TestModule
  error: { message: string; actual?: unknown }
}

/** With `isBrief`, a file is one line. */
export class Claims implements Reporter {
  private vitest: Vitest | undefined
  private readonly isBrief: boolean

  constructor(isBrief: boolean) {
    this.isBrief = isBrief
  }

  onInit(vitest: Vitest): void {
    this.vitest = vitest
  }

  onTestModuleEnd(module: TestModule): void {
    const text = this.isBrief ? fileLine(module) : claimsOf(module)
    if (text !== '') console.log(text)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    for (const each of modules.flatMap(unsteadyOf)) {
      console.log(`\n${chalk.bgYellow(' UNSTEADY ')} ${nameOf(each)}: it failed, then passed`)
      this.printError(each)
    }
    for (const [first, ...others] of grouped(modules.flatMap(failuresOf))) {
      if (!first) continue
      console.log(`\n${chalk.bgRed(' FAIL ')} ${nameOf(first)}`)
      for (const line of alike(others)) console.log(chalk.red(line))
      this.printError(first)
    }
    if (unhandled.length > 0) this.vitest?.logger.printUnhandledErrors([...unhandled])
    console.log('')
  }

  private printError({ error }: Failure): void {
    const project = this.vitest?.getRootProject()
    this.vitest?.logger.printError(error, { ...(project ? { project } : {}) })
  }
}

/**
 * `✓ test/break.test.ts  17 claims, 33.5 s`; below, the claims that failed, since the run may go
 * on for long.
 */
function fileLine(module: TestModule): string {
  const tests = [...module.children.allTests()]
  const failed = tests.filter((each) => each.result().state === 'failed').length
  const isOk = module.ok() && failed === 0
  const counts = [`${tests.length} claims`, ...(failed > 0 ? [`${failed} failed`] : [])].join(', ')
  const mark = isOk ? chalk.green('✓') : chalk.red('✗')
  const line = ` ${mark} ${module.relativeModuleId}  ${chalk.dim(`${counts}, ${seconds(module)}`)}`
  const unsteady = unsteadyOf(module).map((each) => brief(each, chalk.yellow('↻')))
  const broken = failuresOf(module).map((each) => brief(each, chalk.red('✗')))
  return [line, ...broken, ...unsteady].join('\n')
}

/** The claim, and the first lines of the error, each cut at the width of a line. */
function brief({ of, error }: Failure, mark: string): string {
  const lines = error.message.split('\n').filter((line) => line.trim() !== '')
  const cut = lines.slice(0, 6).map((line) => `     ${line.slice(0, 2 * width)}`)
  const name = of.type === 'module' ? 'the file' : of.fullName
  return [`   ${mark} ${name}`, ...cut].join('\n')
}

function seconds(module: TestModule): string {
  return `${(module.diagnostic().duration / 1000).toFixed(1)} s`
}

/** The title, the path, and each claim; suites are headings. Empty if no test of it was chosen. */
function claimsOf(module: TestModule): string {
  const lines = linesOf(module, 1)
  if (lines.length === 0 && module.ok()) return ''
  const { relativeModuleId: path } = module
  const title = wrap(titleIn(readFileSync(module.moduleId, 'utf8')) || path, width - 1)
  const head = title.map((line) => ` ${chalk.bold(line)}`)
  const below = chalk.dim(` ${path}, ${seconds(module)}`)
  return ['', ...head, below, ...lines].join('\n')
}

/** What the first comment of a file says of it. */
function titleIn(source: string): string {
  const [, text = ''] = /^\/\*\*([^]*?)\*\//.exec(source) ?? []
  const words = text.replaceAll(/\n ?\*/g, ' ').replaceAll(/\s+/g, ' ').trim()
  const [first = ''] = words.replace(/^Tests[.:] /, '').split(/(?<=\.) (?=[A-Z])/)
  return first.replace(/^[a-z]/, (letter) => letter.toUpperCase())
}

function linesOf(parent: TestModule | TestSuite, depth: number): string[] {
  const margin = ' '.repeat(2 * depth - 1)
  return [...parent.children].flatMap((each) => {
    if (each.type === 'suite') {
      const below = linesOf(each, depth + 1)
      return below.length === 0 ? [] : [`${margin}${chalk.dim(each.name)}`, ...below]
    }
    const { state } = each.result()
    if (state === 'pending') return []
    const note = noteOf(each)
    if (state === 'skipped' && note === undefined) return []
    const text = note === undefined ? each.name : `${each.name}: ${note}`
    return hung(`${margin}${marks[state]} `, text)
  })
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note : undefined
}

const marks = { passed: chalk.green('✓'), failed: chalk.red('✗'), skipped: chalk.yellow('-') }

function hung(beginning: string, text: string): string[] {
  const columns = beginning.replaceAll(/\x1b\[\d+m/g, '').length
  const lines = wrap(text, width - columns)
  return lines.map((line, at) => `${at === 0 ? beginning : ' '.repeat(columns)}${line}`)
}

function failuresOf(module: TestModule): Failure[] {
  const all = [module, ...module.children.allSuites(), ...module.children.allTests()]
  return all.flatMap((of) => {
    const errors = of.type === 'test' ? errorsOf(of) : of.errors()
    return errors.map((error) => ({ of, error }))
  })
}

/** A test that failed and was run again may have an error of each time. */
function errorsOf(test: TestCase) {
  const { state, errors } = test.result()
  return state === 'failed' ? errors.slice(-1) : []
}

/** Tests that passed only when they were run again. */
function unsteadyOf(module: TestModule): Failure[] {
  return [...module.children.allTests()].flatMap((of) => {
    const { state, errors } = of.result()
    const error = state === 'passed' ? errors?.[0] : undefined
    return error ? [{ of, error }] : []
  })
}

/**
 * Failures with the same first line together. Those that name a system call and its errno come
 * first: one wrong line of a list makes many tests fail, most with nothing but an exit code.
 */
function grouped(failures: Failure[]): Failure[][] {
  const groups = new Map<string, Failure[]>()
  for (const each of failures) {
    const key = each.error.message.split('\n')[0] ?? ''
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  return [...groups.values()].sort((a, b) => Number(namesCall(b)) - Number(namesCall(a)))
}

function namesCall([first]: Failure[]): boolean {
  const { message = '', actual } = first?.error ?? {}
  return /\b[a-z_\d]+\([^\n]*\) = (?:-1 )?E[A-Z]+/.test(`${message}\n${String(actual ?? '')}`)
}

function nameOf({ of }: Failure): string {
  const path = of.type === 'module' ? of.relativeModuleId : of.module.relativeModuleId
  return of.type === 'module' ? path : `${path} > ${of.fullName}`
}

const most = 5

/** The other tests that failed in the same way. */
function alike(others: Failure[]): string[] {
  const shown = others.slice(0, most).map((each) => ` and ${nameOf(each)}`)
  const more = others.length - shown.length
  return more > 0 ? [...shown, ` and ${more} more in the same way`] : shown
}
