/** Each line that this chapter adds to the list, and what happens without it. */
import type { Consequence } from '../../runtime/consequence.ts'

export const consequences: Consequence[] = []
