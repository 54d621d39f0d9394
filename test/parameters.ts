/** Tests. Functions with many parameters, found in the syntax tree. */
import ts from 'typescript'
import type { Source } from './sources.ts'

/** The functions of `source` that take more than `most` positional parameters. */
export function longLists({ path, text }: Source, most: number): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && positional(node) > most) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      found.push(`${path}:${line + 1}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** `this` is no parameter, and the rest is one. */
function positional({ parameters }: ts.SignatureDeclaration): number {
  return parameters.filter(({ name }) => !(ts.isIdentifier(name) && name.text === 'this')).length
}
