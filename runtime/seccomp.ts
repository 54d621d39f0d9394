/** Filters for system calls, as seccomp(2) takes them: programs of BPF. */

/** One instruction of BPF: what it does, two jumps, a value. */
export type Instruction = [code: number, ifTrue: number, ifFalse: number, value: number]

export const bpf = {
  ...{ load: 0x20, isEqual: 0x15, isAtLeast: 0x35 },
  ...{ hasBit: 0x45, and: 0x54, answer: 0x06 },
}

/** What a filter answers. The errno is in the lower half. */
export const verdict = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  EPERM: 0x00050000 | 1,
  ENOSYS: 0x00050000 | 38,
}

/** Offsets in what a filter reads (struct seccomp_data): of each argument, the lower half. */
export const offsetOf = { call: 0, processor: 4, argument: (at: number) => 16 + 8 * at }

/** AUDIT_ARCH_…, and where the calls of another interface begin: x32. */
const processors: Partial<Record<NodeJS.Architecture, { id: number; others?: number }>> = {
  x64: { id: 0xc000003e, others: 0x40000000 },
  arm64: { id: 0xc00000b7 },
}

/** Kills on another processor's calls, knows none of x32, then leaves the call's number loaded. */
export function beginning(processor: NodeJS.Architecture): Instruction[] {
  const known = processors[processor]
  if (!known) throw new Error(`system calls cannot be filtered on this processor: ${processor}`)
  const { id, others } = known
  return [
    [bpf.load, 0, 0, offsetOf.processor],
    [bpf.isEqual, 1, 0, id],
    [bpf.answer, 0, 0, verdict.kill],
    [bpf.load, 0, 0, offsetOf.call],
    ...(others === undefined ? [] : when([bpf.isAtLeast, others], verdict.ENOSYS)),
  ]
}

export function when([test, value]: [test: number, value: number], then: number): Instruction[] {
  return [[test, 0, 1, value], [bpf.answer, 0, 0, then]]
}

/** The bytes of a filter (struct sock_filter). */
export function encoded(program: Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(8 * program.length)
  program.forEach(([code, ifTrue, ifFalse, value], at) => {
    bytes.writeUInt16LE(code, 8 * at)
    bytes.writeUInt8(ifTrue, 8 * at + 2)
    bytes.writeUInt8(ifFalse, 8 * at + 3)
    bytes.writeUInt32LE(value >>> 0, 8 * at + 4)
  })
  return bytes
}
