/** Go templates, carried out on a value. */
import { nearest } from '../../nearest.ts'
import { called, functions, lazy } from './functions.ts'
import type { Block, Operand, Pipe, Template, TemplateNode } from './parse.ts'
import { fieldOf, isTrue, NoField, safe, shownAs, type Value } from './values.ts'
import { position } from './words.ts'

/** What a template works on while it is carried out. */
interface Scope {
  source: string
  dot: Value
  /** Innermost first. */
  variables: Map<string, Value>[]
  out: string[]
  /** Functions give their first argument: for the heads of a table. */
  isHead: boolean
}

/** The text that a template makes of `data`. Throws with the place where it fails, and why. */
export function execute({ source, nodes }: Template, data: Value, isHead = false): string {
  const variables = [new Map([['$', data]])]
  const scope: Scope = { source, dot: data, variables, out: [], isHead }
  carryOutAll(nodes, scope)
  return scope.out.join('')
}

/** Gives `break` or `continue` if one of these ended the list. */
function carryOutAll(nodes: TemplateNode[], scope: Scope): 'break' | 'continue' | undefined {
  for (const node of nodes) {
    const ended = carryOutOne(node, scope)
    if (ended) return ended
  }
  return undefined
}

function carryOutOne(node: TemplateNode, scope: Scope): 'break' | 'continue' | undefined {
  if (node.kind === 'text') return void scope.out.push(node.text)
  if (node.kind === 'break' || node.kind === 'continue') return node.kind
  if (node.kind === 'action') {
    const value = valueOfPipe(node.pipe, scope)
    if (node.pipe.variables.length === 0) scope.out.push(shownAs(value))
    return undefined
  }
  const inner = { ...scope, variables: [new Map<string, Value>(), ...scope.variables] }
  if (node.kind === 'range') return range(node, inner)
  const value = valueOfPipe(node.pipe, inner)
  if (!isTrue(value)) return carryOutAll(node.otherwise, inner)
  return carryOutAll(node.body, node.kind === 'with' ? { ...inner, dot: value } : inner)
}

/** A `break` in it ends it, and is no matter of the lists around it. */
function range({ pipe, body, otherwise }: Block, scope: Scope): 'break' | 'continue' | undefined {
  const value = valueOfPipe({ ...pipe, variables: [] }, scope)
  const items = itemsOf(value)
  if (items.length === 0) return carryOutAll(otherwise, scope)
  const [first, second] = pipe.variables
  for (const [key, item] of items) {
    const own = new Map<string, Value>()
    if (first) own.set(first, second ? key : item)
    if (second) own.set(second, item)
    const inner = { ...scope, dot: item, variables: [own, ...scope.variables] }
    if (carryOutAll(body, inner) === 'break') break
  }
  return undefined
}

/** With the keys of an object sorted, as Go does. */
function itemsOf(value: Value): [key: Value, item: Value][] {
  if (Array.isArray(value)) return value.map((each, at) => [at, safe(each)])
  if (typeof value === 'number') return Array.from({ length: value }, (_, at) => [at, at])
  if (value === null || value === undefined || value === '') return []
  if (typeof value !== 'object') throw new Error(`range can't iterate over ${shownAs(value)}`)
  const entries = Object.entries(value as Record<string, Value>)
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [safe(key), safe(each)])
}

function valueOfPipe({ commands, variables, isAssignment }: Pipe, scope: Scope): Value {
  let value: Value
  for (const [at, command] of commands.entries())
    value = valueOfCommand(command, scope, at === 0 ? [] : [value])
  const [name] = variables
  if (name === undefined) return value
  const place = isAssignment ? scope.variables.find((each) => each.has(name)) : scope.variables[0]
  if (!place) throw new Error(`undefined variable ${name}`)
  place.set(name, value)
  return value
}

/** A function, a method or a value, and its arguments; `piped` is the last of them. */
function valueOfCommand([first, ...rest]: Operand[], scope: Scope, piped: Value[]): Value {
  if (!first) return undefined
  try {
    if ('function' in first.of) return callFunction(first.of.function, { rest, piped }, scope)
    const value = valueOfOperand(first, scope)
    if (typeof value !== 'function' && rest.length + piped.length === 0) return value
    return called(value, [...rest.map((each) => valueOfOperand(each, scope)), ...piped])
  } catch (error) {
    throw placed(error, first, scope)
  }
}

function callFunction(
  name: string,
  { rest, piped }: { rest: Operand[]; piped: Value[] },
  scope: Scope,
): Value {
  const isLast = lazy[name]
  if (isLast) {
    let value: Value
    for (const each of rest) {
      value = valueOfOperand(each, scope)
      if (isLast(value)) return value
    }
    return piped.length > 0 ? piped[0] : value
  }
  const values = [...rest.map((each) => valueOfOperand(each, scope)), ...piped]
  if (scope.isHead) return values.find((each) => typeof each === 'string')
  return functions[name]?.(...values)
}

function valueOfOperand(operand: Operand, scope: Scope): Value {
  const { of, fields } = operand
  let value: Value
  if ('dot' in of) value = scope.dot
  else if ('variable' in of) value = variable(of.variable, scope)
  else if ('function' in of) value = callFunction(of.function, { rest: [], piped: [] }, scope)
  else if ('pipe' in of) value = valueOfPipe(of.pipe, scope)
  else value = of.value
  try {
    return fields.reduce(fieldOf, value)
  } catch (error) {
    throw placed(error, operand, scope)
  }
}

function variable(name: string, { variables }: Scope): Value {
  const place = variables.find((each) => each.has(name))
  if (!place) throw new Error(`undefined variable ${name}`)
  return place.get(name)
}

/** An error that says where in the template it is. */
class ExecutionError extends Error {}

function placed(error: unknown, { text, at }: Operand, { source }: Scope): Error {
  if (error instanceof ExecutionError) return error
  const where = `template: ${position(source, at)}: at <${text}>`
  if (!(error instanceof NoField))
    return new ExecutionError(`${where}: ${(error as Error).message}`, { cause: error })
  const { field, known } = error
  const near = known.find((each) => each.toLowerCase() === field.toLowerCase())
  const hint = near ?? nearest(field, known)
  const have = known.length ? `; have: ${known.slice(0, 16).join(', ')}` : ''
  const more = hint ? `; did you mean ${hint}?` : `${have}${known.length > 16 ? ' …' : ''}`
  return new ExecutionError(`${where}: no field ${field}${more}`, { cause: error })
}
