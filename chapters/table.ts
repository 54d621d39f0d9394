/** The table of chapters: one row each, in order, loaded when it is needed. */
import type { ChapterEntry } from '../runtime/chapter.ts'

export const chapters: ChapterEntry[] = [
  {
    number: 1,
    slug: 'namespaces',
    load: async () => (await import('./01-namespaces/chapter.ts')).chapter,
  },
  {
    number: 2,
    slug: 'cgroups',
    load: async () => (await import('./02-cgroups/chapter.ts')).chapter,
  },
  {
    number: 3,
    slug: 'pivot-root',
    load: async () => (await import('./03-pivot-root/chapter.ts')).chapter,
  },
  {
    number: 4,
    slug: 'overlay',
    load: async () => (await import('./04-overlay/chapter.ts')).chapter,
  },
  {
    number: 5,
    slug: 'commit',
    load: async () => (await import('./05-commit/chapter.ts')).chapter,
  },
  {
    number: 6,
    slug: 'lifecycle',
    load: async () => (await import('./06-lifecycle/chapter.ts')).chapter,
  },
  {
    number: 7,
    slug: 'exec',
    load: async () => (await import('./07-exec/chapter.ts')).chapter,
  },
  {
    number: 8,
    slug: 'volumes',
    load: async () => (await import('./08-volumes/chapter.ts')).chapter,
  },
  {
    number: 9,
    slug: 'network',
    load: async () => (await import('./09-network/chapter.ts')).chapter,
  },
]
