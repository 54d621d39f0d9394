/** Chapter 1, for the tools that look at containers from outside. */
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'

export const tools: ChapterTools = {
  consequences,
  misconceptions,
  demands: {
    needs: [
      'linux',
      'kernel',
      'node',
      'native',
      'root',
      'proc',
      'data-root',
      'pid-namespace',
      'mount-namespace',
      'uts-namespace',
      'ipc-namespace',
      'cgroup-namespace',
      'mount-proc',
    ],
    wants: ['network-namespace'],
  },
}
