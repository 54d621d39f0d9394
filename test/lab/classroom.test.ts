/** Tests. What a class is set up with: dev container, editor tasks, the teacher's page. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { groups } from '../../runtime/cli/groups.ts'
import { labCommands } from '../../runtime/cli/lab-commands.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** JSON with comments, as editors read it. */
function configIn<T>(path: string): T {
  const { config, error } = ts.parseConfigFileTextToJson(path, read(path))
  expect(error).toBeUndefined()
  return config as T
}

interface DevContainer {
  build: { dockerfile: string }
  privileged: boolean
  mounts: string[]
}

test('the dev container can make groups and mounts, and its data root is on no overlay', () => {
  const { privileged, mounts, build } = configIn<DevContainer>('.devcontainer/devcontainer.json')
  expect(privileged).toBe(true)
  expect(mounts.some((each) => /target=\/var\/lib\/stepbox,type=volume/.test(each))).toBe(true)
  expect(existsSync(join(root, '.devcontainer', build.dockerfile))).toBe(true)
})

interface Task {
  label: string
  type: 'npm' | 'shell'
  script?: string
  args?: string[]
}

test('the tasks of the editor run commands that exist', () => {
  const { tasks } = configIn<{ tasks: Task[] }>('.vscode/tasks.json')
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = ['doctor', 'lab', ...labCommands.map(({ name }) => name)]
  expect(tasks.length).toBeGreaterThan(5)
  for (const { type, script, args = [], label } of tasks) {
    if (type === 'npm') expect(Object.keys(scripts), label).toContain(script)
    const [program, ...words] = args
    if (program?.endsWith('stepbox.cjs'))
      expect(commands, label).toContain(words.filter((word) => !word.startsWith('$')).join(' '))
  }
})

/** The lines of the code blocks of a text, without comments. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n([^`]*)^```/gm)].map(([, block]) => block ?? '')
  return blocks.flatMap((block) => block.split('\n')).map((line) => line.replace(/ +#.*/, ''))
}

test("the teacher's page gives the same commands in both languages, and they exist", () => {
  const textIn = (tag: string) => commandsIn(read(`chapters/classroom${tag}.md`))
  const [english, chinese] = ['', '.zh'].map(textIn)
  expect(chinese).toEqual(english)
  const lab = (english ?? []).flatMap((line) => /\blab (\w+)(.*)/.exec(line) ?? [])
  expect(lab.length).toBeGreaterThan(6)
  const flagsOf = (name: string) =>
    labCommands.find((each) => each.name === `lab ${name}`)?.flags.map(({ long }) => long)
  for (const line of english ?? []) {
    const [, name = '', rest = ''] = /\blab (\w+)(.*)/.exec(line) ?? []
    if (name === '') continue
    expect(groups['lab'] ?? {}, line).toHaveProperty(name)
    for (const [, flag] of rest.matchAll(/--(\w+)/g))
      if (flag !== 'chapter') expect(flagsOf(name), line).toContain(flag)
  }
})
