/** Finds out whether the kernel runs programs of another architecture with an emulator. */
import { namesIn, tryRead } from '../../files.ts'

/** The number of an architecture in an ELF header: e_machine, in elf.h. */
const elfMachines: Record<string, number> = {
  386: 3,
  mips: 8,
  mipsle: 8,
  ppc64: 21,
  ppc64le: 21,
  s390x: 22,
  arm: 40,
  amd64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
}

const registry = '/proc/sys/fs/binfmt_misc'

/** The program that runs those of `architecture`; undefined if none is registered. */
export function emulatorOf(architecture: string): string | undefined {
  const machine = elfMachines[architecture]
  const entries = namesIn(registry).map((name) => tryRead(`${registry}/${name}`) ?? '')
  return entries.map((entry) => emulatorIn(entry, machine)).find(Boolean)
}

/**
 * The interpreter in a file of binfmt_misc, if it is for ELF files of `machine`. It must have been
 * opened when it was registered (flag F): in a container its path leads nowhere.
 */
export function emulatorIn(entry: string, machine: number | undefined): string | undefined {
  const field = (name: string) => new RegExp(`^${name}:? (\\S+)$`, 'm').exec(entry)?.[1]
  const magic = Buffer.from(field('magic') ?? '', 'hex')
  const isElf = Number(field('offset') ?? 0) === 0 && magic.toString('latin1', 0, 4) === '\x7fELF'
  if (!entry.startsWith('enabled\n') || !isElf || magic.length < 20) return undefined
  const found = magic[5] === 2 ? magic.readUInt16BE(18) : magic.readUInt16LE(18)
  return found === machine && field('flags')?.includes('F') ? field('interpreter') : undefined
}
