/** What it promises of a container, kept from here on and broken before. */
import type { Promised } from '../../test/promised.ts'

export const promises: Promised[] = []
