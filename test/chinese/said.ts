/** Tests. What the program says in English: the sentences in its source, with holes for values. */
import ts from 'typescript'
import type { Source } from '../sources.ts'

/**
 * The sentences of a file, each as it is printed but for `{name}`, which stands for a value. A
 * choice gives several: `${n} ${n === 1 ? 'group' : 'groups'}`. What is no prose is left out; with
 * `onlyPrinted`, also what is not thrown, warned of or passed to the like.
 */
export function saidIn({ path, text }: Source, onlyPrinted = false): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const found = new Set<string>()
  const parts: Parts = new Map()
  const all: [node: ts.Expression, texts: string[]][] = []
  const visit = (node: ts.Node): void => {
    if (isUnsaid(node)) return
    if (isText(node)) all.push([node, textsOf(node, parts)])
    else ts.forEachChild(node, visit)
    if (isText(node)) visitHoles(node, visit)
  }
  visit(file)
  for (const [node, texts] of all)
    if ((parts.get(node) ?? 0) < usesOf(node))
      for (const line of texts.flatMap(linesOf))
        if ((isPrinted(node) || !onlyPrinted) && isProse(line, isPrinted(node))) found.add(line)
  return [...found]
}

/** A text as the catalogues have it: line by line, without blanks around, with names for holes. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => named(line.trim()))
}

/** `{name}` for each hole; another value with the same name gets a number. */
function named(line: string): string {
  const names = new Map<string, string>()
  return line.replaceAll(/\x01(.*?)\x02(.*?)\x03/gs, (_, name: string, code: string) => {
    const taken = [...names.values()]
    let own = names.get(code) ?? name
    for (let at = 2; !names.has(code) && taken.includes(own); at++) own = `${name}${at}`
    names.set(code, own)
    return `{${own}}`
  })
}

const speaks = /^(super|say|tell|warn|step|toolStep|progress|show)$|\.(warn|progress)$/

/** Whether what is said here is for people in any case: an error, a warning, a reason. */
function isPrinted(node: ts.Node): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if (ts.isArrayLiteralExpression(at)) return false
    if (ts.isNewExpression(at)) return /(Error|Missing|Refused\w*)$/.test(at.expression.getText())
    if (ts.isCallExpression(at)) return speaks.test(at.expression.getText())
    if (ts.isStatement(at)) return false
  }
  return false
}

/** All literals of a file, and all its templates with holes. */
export function literalsIn({ path, text }: Source): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) found.push(node.name.text)
    if (isText(node)) found.push(...textsOf(node, new Map()).flatMap(linesOf))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

type Text = ts.StringLiteralLike | ts.TemplateExpression | ts.BinaryExpression

function isText(node: ts.Node): node is Text {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isSum(node)
}

function isSum(node: ts.Node): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false
  if (node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return false
  return isText(node.left) || isText(node.right)
}

/** Inside of a template there may be further texts, as in `${list.map((each) => `…`)}`. */
function visitHoles(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTemplateExpression(node))
    for (const { expression } of node.templateSpans) inner(expression, visit)
  if (isSum(node)) for (const side of [node.left, node.right]) inner(side, visit)
}

function inner(node: ts.Expression, visit: (node: ts.Node) => void): void {
  if (isText(node)) return visitHoles(node, visit)
  if (ts.isConditionalExpression(node)) {
    visit(node.condition)
    inner(node.whenTrue, visit)
    return inner(node.whenFalse, visit)
  }
  if (ts.isParenthesizedExpression(node)) return inner(node.expression, visit)
  visit(node)
}

/** Texts of constants, and how often they are part of another text. */
type Parts = Map<ts.Node, number>

/** How often the constant is named whose value is `node`; 1 if it is not that of a constant. */
function usesOf(node: ts.Node): number {
  let at = node.parent
  while (ts.isExpression(at)) at = at.parent
  if (!ts.isVariableDeclaration(at) || !ts.isIdentifier(at.name)) return 1
  const { text } = at.name
  const scope = at.parent.parent.parent.getText()
  return [...scope.matchAll(new RegExp(`(?<![\\w.'])${text}\\b(?!['\\w:])`, 'g'))].length - 1
}

/** The texts that an expression may be. Constants that are part of one are counted in `parts`. */
function textsOf(node: ts.Expression, parts: Parts): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, parts)
  if (ts.isConditionalExpression(node))
    return [...textsOf(node.whenTrue, parts), ...textsOf(node.whenFalse, parts)]
  if (isSum(node)) return joined([textsOf(node.left, parts), textsOf(node.right, parts)])
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) =>
      joined([textsOf(expression, parts), [literal.text]]),
    )
    return joined([[node.head.text], ...spans])
  }
  if (ts.isBinaryExpression(node) && isChoice(node.operatorToken.kind))
    return [...new Set([...textsOf(node.left, parts), ...textsOf(node.right, parts)])]
  const constant = ts.isIdentifier(node) ? constantNamed(node) : undefined
  if (constant) {
    for (const each of textNodes(constant)) parts.set(each, (parts.get(each) ?? 0) + 1)
    return textsOf(constant, parts)
  }
  return [`\x01${nameOf(node)}\x02${node.getText()}\x03`]
}

function isChoice(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken
}

function textNodes(node: ts.Expression): ts.Expression[] {
  if (ts.isParenthesizedExpression(node)) return textNodes(node.expression)
  if (ts.isConditionalExpression(node))
    return [...textNodes(node.whenTrue), ...textNodes(node.whenFalse)]
  if (ts.isBinaryExpression(node) && isChoice(node.operatorToken.kind))
    return [...textNodes(node.left), ...textNodes(node.right)]
  return isText(node) ? [node] : []
}

function joined(parts: string[][]): string[] {
  return parts.reduce((all, part) => all.flatMap((a) => part.map((b) => a + b)), [''])
}

/** The text that a `const` around here is, if it is one. */
function constantNamed(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node = name.parent; scope; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue
    for (const each of scope.statements) {
      if (!ts.isVariableStatement(each)) continue
      for (const { name: own, initializer } of each.declarationList.declarations)
        if (ts.isIdentifier(own) && own.text === name.text)
          return initializer && textNodes(initializer).length > 0 ? initializer : undefined
    }
  }
  return undefined
}

/** A short name for a value: `name` for `each.name`, `join` for `words.join(', ')`. */
function nameOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  if (ts.isNonNullExpression(node) || ts.isAsExpression(node) || ts.isAwaitExpression(node))
    return nameOf(node.expression)
  if (ts.isElementAccessExpression(node)) return nameOf(node.expression)
  if (ts.isCallExpression(node)) {
    const called = nameOf(node.expression)
    const [first] = node.arguments
    return first && /^(String|Number|printable|strace|bold|dim)$/.test(called)
      ? nameOf(first)
      : called
  }
  return 'value'
}

/** Two English words, one after the other; in what is printed in any case, a word is enough. */
function isProse(line: string, isForPeople: boolean): boolean {
  const bare = line.replaceAll(/\{~?\w+\}/g, '§').replaceAll(/'[^']*'/g, '§')
  if (isForPeople) return /[a-z]{2,}/i.test(bare)
  return /[A-Za-z]{2,},? [a-z]{2,}\b|\ba [a-z]{2,}/.test(bare)
}

/** Properties that hold scripts and patterns, and arguments that are no sentences. */
const unsaid = /^(inside|outside|room|kept|broken|usage|examples|drop|needs|where|options|before)$/

function isUnsaid(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return true
  if (ts.isPropertyAssignment(node)) return unsaid.test(node.name.getText())
  if (ts.isCallExpression(node))
    return /^(sentence|same|ofGroup|ownOf)$/.test(node.expression.getText())
  return false
}
