/** The headers of an ELF file: its processor and its loader. */
import { fromBytes } from '../bytes.ts'

export interface Elf {
  /** In Go's and the OCI's words: amd64, arm64, …; `machine-<n>` for one unknown here. */
  architecture: string
  /** Whether a dynamic loader must load it (elf(5), PT_INTERP). */
  isDynamic: boolean
  /** The path of that loader, if it lies within the bytes. */
  interpreter?: string
}

/** Read the headers of an ELF file (elf(5)). Undefined if the bytes are not ELF. */
export function readElf(bytes: Uint8Array): Elf | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46) return undefined
  const is64 = bytes[4] === 2
  const isLittle = bytes[5] === 1
  const machine = view.getUint16(18, isLittle)
  const table = is64 ? Number(view.getBigUint64(32, isLittle)) : view.getUint32(28, isLittle)
  const [size, count] = is64 ? [54, 56] : [42, 44]
  const entrySize = view.getUint16(size, isLittle)
  const entries = Array.from({ length: view.getUint16(count, isLittle) }, (_, at) => at)
  const header = entries
    .map((entry) => table + entry * entrySize)
    .find((at) => at + 32 <= bytes.length && view.getUint32(at, isLittle) === programInterpreter)
  const known = (is64 && isLittle ? little64 : others)[machine]
  const architecture = known ?? `machine-${machine}`
  if (header === undefined) return { architecture, isDynamic: false }
  const start = is64
    ? Number(view.getBigUint64(header + 8, isLittle))
    : view.getUint32(header + 4, isLittle)
  const end = bytes.indexOf(0, start)
  const interpreter = end > start ? fromBytes(bytes.subarray(start, end)) : undefined
  return { architecture, isDynamic: true, ...(interpreter ? { interpreter } : {}) }
}

const programInterpreter = 3

const little64: Record<number, string> = {
  62: 'amd64',
  183: 'arm64',
  21: 'ppc64le',
  243: 'riscv64',
  258: 'loong64',
}
const others: Record<number, string> = { 3: '386', 40: 'arm', 22: 's390x' }
