/** For its tests: a process that publishes ever more images, and names each one. */
import { mediaTypes } from '../../runtime/05-commit/store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from '../../runtime/05-commit/store/publish.ts'

async function main([root = '', round = '']: string[]): Promise<void> {
  for (let at = 0; ; at++) {
    const staging = makeBlobStaging(root)
    const rootfs = { type: 'layers', diff_ids: [] }
    const content = { architecture: 'amd64', os: 'linux', author: `a${at}.${round}`, rootfs }
    const config = stageDocument(staging, mediaTypes.config, content)
    const name = `n${round}-${at}:v1`
    await publish(root, staging, { name, manifest: { schemaVersion: 2, config, layers: [] } })
    console.log(name)
  }
}

void main(process.argv.slice(2))
