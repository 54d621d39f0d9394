/** What it promises of a container, kept from here on and broken before. */
import type { Promised } from '../../test/promised.ts'
import { net, pings, published } from './pretend.ts'
import { asks, files, resolver } from './resolver-consequences.ts'

export const promises: Promised[] = [
  {
    promise: 'it has an address, and a way to the host',
    options: { net },
    see: pings,
    kept: pings.kept,
    broken: pings.broken,
  },
  {
    promise: 'a port that it publishes is reached on the host',
    options: published.options(),
    before: published.before,
    see: published.see,
    kept: 'page',
    broken: 'nothing',
    needs: ['nft', 'nsenter', 'bash'],
  },
  {
    promise: 'it finds others by their names, by datagrams and by TCP',
    options: { resolver },
    before: files,
    see: asks,
    kept: asks.kept,
    broken: '',
    needs: ['nft'],
  },
]
