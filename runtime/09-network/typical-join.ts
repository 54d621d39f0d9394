/** A container that joins or leaves a network, for a list that is only printed. */
import type { Joining, Leaving } from './join.ts'

const member = { pid: 4242, start: 123456 }

export const typicalJoining: Joining = { member, ways: [] }

export const typicalLeaving: Leaving = {
  link: 'sbv0123456789a1',
  without: ['add', 'delete']
    .map((verb) => `${verb} element bridge stepbox ends { "sbv0123456789a1" }\n`)
    .join(''),
  ways: [],
}
