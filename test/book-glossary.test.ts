/** Tests. Terms that are linked to the glossary, and sections that are older than their English. */
import { expect, test } from 'vitest'
import { readGlossary, termOf } from '../book/glossary.ts'
import { render } from '../book/render.ts'
import { changedSince, sectionHashes } from '../book/stale.ts'

const glossary = readGlossary(`# Glossary

### mount namespace

The mounts that a process sees. More of it.
[mount_namespaces(7)](https://man7.org/x)

### mount

A file system at a place.

### wait

Waits for a child. [wait(2)](https://man7.org/y)

### 控制组（control group，cgroup）

一组进程，共用一套限制。不止这些。
`)

const linked = (text: string, used = new Set<string>()) =>
  render(text, 'README.md', {
    hrefOf: () => undefined,
    glossary: { of: glossary, page: 'glossary.html', used },
  })

test('the first use of a term is a link to its entry, with what that says first', () => {
  const html = linked('Mount namespaces: a mount namespace, a mount. No amount.\n')
  expect(html).toContain(
    '<a class="term" href="glossary.html#mount-namespace" title="The mounts that a process sees.">',
  )
  expect(html.match(/class="term"/g)).toHaveLength(2)
  expect(html).toContain('>Mount namespaces</a>')
  expect(html).toContain('No amount.')
})

test('a system call is a term as code only', () => {
  expect(linked('Then wait.\n')).not.toContain('class="term"')
  expect(linked('Then `wait(2)`.\n')).toContain('><code>wait(2)</code></a>')
})

test('headings and code blocks have no term; a later page of the chapter has no second', () => {
  expect(linked('## A mount\n\n```\nmount\n```\n')).not.toContain('class="term"')
  const used = new Set<string>()
  expect(linked('A mount.\n', used)).toContain('class="term"')
  expect(linked('A mount.\n', used)).not.toContain('class="term"')
})

test('a Chinese entry has several spellings', () => {
  const { id } = termOf(glossary, '控制组') ?? {}
  expect(termOf(glossary, 'cgroups')?.id).toBe(id)
  expect(linked('进程都在控制组里。\n')).toContain('>控制组</a>')
})

const english = '# T\n\nFirst.\n\n## One\n\nText.\n\n```console\n$ a\n```\n\n## Two\n\nMore.\n'

test('a section that was changed is stale, and no other', () => {
  const recorded = sectionHashes(english)
  expect(changedSince(recorded, english)).toEqual([])
  expect(changedSince(recorded, english.replace('Text.', 'Another text.'))).toEqual(['one'])
  expect(changedSince(recorded, `${english}\n## Three\n\nNew.\n`)).toEqual(['three'])
})

test('output of a session, and where lines end, make no section stale', () => {
  const recorded = sectionHashes(english)
  expect(changedSince(recorded, english.replace('$ a', '$ b'))).toEqual([])
  expect(changedSince(recorded, english.replace('First.', 'First.\n'))).toEqual([])
})

test('a stale section says so on its page', () => {
  const page = render('## 一\n\n文\n', 'README.md', {
    hrefOf: () => undefined,
    stale: new Set(['一']),
  })
  expect(page).toMatch(/<h2 id="一">.*<\/h2>\n<p class="stale">/)
})
