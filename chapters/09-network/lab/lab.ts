/** Chapter 9, for the lab: a container gets a place in a network. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { allows } from './allows.ts'
import { insideChecks } from './inside-checks.ts'
import { linkChecks } from './link-checks.ts'
import { smallChecks } from './small-checks.ts'
import zh from './zh.json' with { type: 'json' }

const links = 'runtime/09-network/links.ts'
const exercises = 'chapters/09-network/lab/exercises.ts'

export const lab: ChapterLab = {
  blanks: {
    [links]: ['bridge', 'cables', 'inside'],
    [exercises]: ['freeAddress', 'nextHop', 'answered'],
  },
  dropped: { [exercises]: ['toNumber', 'toText', 'routeIn'] },
  allows,
  exercises: [
    {
      id: 'bridge',
      kind: 'write',
      title: sentence('Write bridge: a switch on the host'),
      task: sentence(
        'Write bridge: the lines that make the bridge of a network, give it its addresses, and ' +
          'switch it on. Another container may have made it before. The socket is linkFd, and ' +
          'the messages are in messages.ts.',
      ),
      file: links,
      symbols: ['bridge'],
      hints: [
        sentence('Three kinds of messages: about a link that is new, an address, a link that is.'),
        sentence('A step can say which errno is no failure: it is the last argument of step.'),
      ],
    },
    {
      id: 'cable',
      kind: 'write',
      title: sentence('Write cables: a cable with one end inside'),
      task: sentence(
        'Write cables: for each end a veth pair from the bridge into the network of this ' +
          'process, which is a new one by now. linkFd is still a socket of the host. What a ' +
          'start before has left is removed first.',
      ),
      file: links,
      symbols: ['cables'],
      hints: [
        sentence('A network namespace has a file under /proc/self/ns; the message takes its fd.'),
        sentence('If nothing was left, there is nothing to remove: which errno says that?'),
        sentence('Later lines count on the number that you have opened: give it back.'),
      ],
    },
    {
      id: 'inside',
      kind: 'write',
      title: sentence('Write inside: the address, and the way out'),
      task: sentence(
        'Write inside: eth0 gets its addresses, is switched on, and gets its default routes. ' +
          'linkFd is a socket of the container by now. In a network without IPv6 eth0 has none.',
      ),
      file: links,
      symbols: ['inside'],
      hints: [
        sentence('The kernel refuses a route whose gateway it cannot reach at that moment.'),
        sentence('IPv6 of an interface is a setting: a file with a 0 or a 1 in it.'),
        sentence('A kernel may have no IPv6 at all: which errno has the write then?'),
      ],
    },
    {
      id: 'free',
      kind: 'write',
      title: sentence('Write freeAddress: which address is next?'),
      task: sentence(
        'Write freeAddress: from a subnet and the addresses that are taken, to the lowest one ' +
          'that a container can have.',
      ),
      file: exercises,
      symbols: ['freeAddress'],
      hints: [
        sentence('Count with one number of 32 bits, and make four of it at the end.'),
        sentence('How many addresses a subnet has is a power of two.'),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read a table of routes: to whom is it given?'),
      task: sentence(
        'Write nextHop: from what ip route prints, to the interface and the address to which a ' +
          'packet is given.',
      ),
      file: exercises,
      symbols: ['nextHop'],
      hints: [
        sentence('An address is in a subnet if they have the same first bits.'),
        sentence('Look for all routes that fit before you take one.'),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict: who gets an answer?'),
      task: sentence(
        'Write answered: from what has been done about a published port, to the places from ' +
          'which it is reached.',
      ),
      file: exercises,
      symbols: ['answered'],
      hints: [
        sentence('Follow one packet through the drawing of the hooks, and its answer back.'),
        sentence('Of three packets, one comes from outside: two begin at output.'),
      ],
    },
  ],
  checks: [...linkChecks, ...insideChecks, ...smallChecks],
  zh: { ...findingsZh, ...zh },
}
