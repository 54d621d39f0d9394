/** For tests: a data root with three names for two images that share a layer. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { layerDir } from '../../runtime/05-commit/store/store.ts'
import { scratch } from '../../test/scratch.ts'
import { putImage, putIndex, sha256, tarOf } from './handmade.ts'

export const base = tarOf({ 'bin/': '', 'bin/sh': '12345' })
export const pages = tarOf({ 'index.html': '<p>' })

/** `base:v1` has one layer; `site:v1` and `site:v2` are one image, with that layer and another. */
export function library(): string {
  const root = scratch()
  const site = putImage(root, {
    tars: [base, pages],
    config: { created: '2021-01-01T00:00:00Z', author: 'Ann', config: { Cmd: ['httpd'] } },
  })
  const images = { 'base:v1': putImage(root, { tars: [base] }), 'site:v1': site, 'site:v2': site }
  putIndex(root, images)
  for (const [tar, name, text] of [[base, 'sh', '12345'], [pages, 'index.html', '<p>']] as const) {
    mkdirSync(layerDir(root, sha256(tar)), { recursive: true })
    writeFileSync(join(layerDir(root, sha256(tar)), name), text)
  }
  return root
}
