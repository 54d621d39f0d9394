/** Tests. Jobs for clusters, against the published schemas of Kubernetes and of GitHub Actions. */
import { buildSync } from 'esbuild'
import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { clusters, jobFor } from '../../runtime/lab/emit/job.ts'
import type { JobOptions } from '../../runtime/lab/emit/options.ts'
import { speaker } from '../../runtime/sentence.ts'
import { scratch } from '../scratch.ts'

const validators = join(import.meta.dirname, '../../dist/validators')

const third = 3
const names = ['ada', "bob o'neil", '李雷', '${{ secrets.X }}', ': {yaml}', 'two\nlines']
const options: JobOptions = { names, chapter: third, seconds: 60, say: speaker('en', []) }

function needsValidators(context: TestContext): NodeJS.Require {
  const isThere = existsSync(join(validators, 'node_modules'))
  if (!isThere) context.skip('blocked: no validators: npm run setup -- --with-peers')
  return createRequire(join(validators, 'package.json'))
}

interface Model {
  validate: () => void
}
type Models = Record<string, new (manifest: unknown) => Model>

/** What is wrong with each document of `manifests`. */
async function mistakesIn(manifests: string, require: NodeJS.Require): Promise<string[]> {
  const { parseAllDocuments } = require('yaml') as {
    parseAllDocuments: (text: string) => { toJS: () => { apiVersion: string; kind: string } }[]
  }
  const mistakes: string[] = []
  for (const each of parseAllDocuments(manifests).map((document) => document.toJS())) {
    const path = join(validators, 'node_modules/kubernetes-models', each.apiVersion, 'index.js')
    const Kind = ((await import(path)) as Models)[each.kind]
    if (!Kind) mistakes.push(`${each.apiVersion} has no ${each.kind}`)
    else
      try {
        new Kind(each).validate()
      } catch (error) {
        mistakes.push(`${each.kind}: ${(error as Error).message}`)
      }
  }
  return mistakes
}

test("the manifests are those of Kubernetes' types", async (context) => {
  const require = needsValidators(context)
  const text = jobFor(clusters.kubernetes, options)
  expect(text.match(/^kind: Job$/gm)).toHaveLength(2)
  expect(await mistakesIn(text, require)).toEqual([])
  const wrong = text.replace('completionMode: Indexed', 'completionMode: 3')
  expect(await mistakesIn(wrong, require)).not.toEqual([])
})

interface Parser {
  parseWorkflow: (
    file: { name: string; content: string },
    trace: Record<'info' | 'verbose' | 'error', () => void>,
  ) => { context: { errors: { getErrors: () => unknown[] } } }
}

test("the workflow is one for GitHub's own parser", (context) => {
  needsValidators(context)
  const bundle = join(scratch(), 'parser.cjs')
  const stdin = { contents: "export * from '@actions/workflow-parser'", resolveDir: validators }
  const { outputFiles } = buildSync({
    ...{ stdin, bundle: true, write: false, format: 'cjs', platform: 'node' },
  })
  writeFileSync(bundle, outputFiles[0]?.contents ?? '')
  const { parseWorkflow } = createRequire(bundle)(bundle) as Parser
  const trace = { info: () => {}, verbose: () => {}, error: () => {} }
  const mistakesIn = (content: string) =>
    parseWorkflow({ name: 'grade.yml', content }, trace).context.errors.getErrors().map(String)
  const text = jobFor(clusters.github, options)
  expect(mistakesIn(text)).toEqual([])
  expect(mistakesIn(text.replace('runs-on', 'run-on'))).not.toEqual([])
})
