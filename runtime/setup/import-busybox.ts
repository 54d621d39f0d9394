/** Set-up. `import-busybox.ts BINARY ROOT`: a static busybox becomes the image busybox:latest. */
import { importBusybox } from '../05-commit/busybox-image.ts'

const [binary = '', root = ''] = process.argv.slice(2)
await importBusybox(root, binary)
