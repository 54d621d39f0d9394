/** Words for what the program runs on. */
import type { Chapter } from '../chapter.ts'

/** In the OCI's words, where Node has another. */
const architectures: Partial<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** The architecture of this machine in the OCI's words: `amd64`, `arm64`. */
export function ociArchitecture(): string {
  return architectures[process.arch] ?? process.arch
}

/** `5, commit` */
export function chapterName({ number, slug }: Chapter): string {
  return `${number}, ${slug}`
}
