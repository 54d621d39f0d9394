/** Set-up. `import-busybox.ts BINARY ROOT` makes the image busybox:latest of a static busybox. */
import { importBusybox } from '../05-commit/busybox-image.ts'

const [binary = '', root = ''] = process.argv.slice(2)
await importBusybox(root, binary)
