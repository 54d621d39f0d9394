/** `--format TEMPLATE`: the answer of a command as the user wants it. */
import { UsageError, type Answer } from '../../command-line.ts'
import { execute } from './execute.ts'
import { parseTemplate, type Template } from './parse.ts'
import { TemplateError } from './words.ts'

/** What `--format` asks for. */
export interface Format {
  template: Template
  /** With heads, in columns: `table TEMPLATE`. */
  isTable: boolean
}

/**
 * Parse `--format`. In the format of a list, `\t` and `\n` stand for a tab and a newline, as in
 * Docker. Throws a UsageError for a template that cannot be understood.
 */
export function parseFormat(text: string, isOfList: boolean): Format {
  const isTable = isOfList && /^table\s/.test(text)
  const own = isTable ? text.replace(/^table\s+/, '') : text
  const source = isOfList ? own.trim().replaceAll('\\t', '\t').replaceAll('\\n', '\n') : own
  try {
    return { template: parseTemplate(source), isTable }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new UsageError(`invalid --format: ${error.message}`)
  }
}

/** One text for each item; for a table, the cells of its head and of each row. */
export function formatted({ items, json, headOf }: Answer, { template, isTable }: Format) {
  const all = items ?? (Array.isArray(json) ? json : [json])
  const lines = all.map((item) => execute(template, item))
  if (!isTable) return { lines }
  const head = execute(template, headOf ?? {}, true)
  return { table: [head, ...lines].map((line) => line.split('\t')) }
}
