/** Tests. JSON tables that grow with the chapters: one in test/, one in each chapter's folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** What `name` holds in test/ and in each folder of chapters/ that has such a file. */
export function tablesNamed(name: string): unknown[] {
  const folders = readdirSync(join(root, 'chapters')).map((folder) => join('chapters', folder))
  return ['test', ...folders]
    .map((folder) => join(root, folder, name))
    .filter((path) => existsSync(path))
    .map((path): unknown => JSON.parse(readFileSync(path, 'utf8')))
}

/** The files of tests that run on the host only; each has its reason (left-out.json). */
export function leftOutFiles(): string[] {
  return (tablesNamed('left-out.json') as { file: string }[][]).flat().map(({ file }) => file)
}
