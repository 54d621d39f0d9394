/** A filter for system calls, with which a program makes no dangerous file. */
import { beginning, bpf, encoded, offsetOf, verdict, when, type Instruction } from '../seccomp.ts'

/** S_ISUID and S_ISGID, and the bit that is only in S_IFCHR and S_IFBLK of what mknod(2) takes. */
const [setIds, device] = [0o6000, 0o20000]

interface Processor {
  /** The calls that take a mode: their numbers, and which argument it is. */
  modes: [call: number, argument: number][]
  /** mknod and mknodat, likewise. */
  nodes: [call: number, argument: number][]
  /** setxattr, lsetxattr, fsetxattr: file capabilities are an attribute. */
  attributes: number[]
}

const processors: Partial<Record<NodeJS.Architecture, Processor>> = {
  x64: {
    modes: [[2, 2], [85, 1], [90, 1], [91, 1], [257, 3], [268, 2]],
    nodes: [[133, 1], [259, 2]],
    attributes: [188, 189, 190],
  },
  arm64: {
    modes: [[52, 1], [53, 2], [56, 3]],
    nodes: [[33, 2]],
    attributes: [5, 6, 7],
  },
}

/** fchmodat2, setxattrat; io_uring_setup and openat2, whose arguments a filter cannot see. */
const common = { fchmodat2: 452, setxattrat: 463, unseen: [425, 437] }

/**
 * The filter: chmod, open, mknod and the like fail with EPERM if they would make a device or a file
 * with a set-user-id or set-group-id bit; so does setting an attribute. Calls whose arguments a
 * filter cannot see are not there (ENOSYS), and programs do without.
 */
export function harmlessFiles(): Uint8Array {
  const processor = processors[process.arch]
  if (!processor) throw new Error(`cannot share a folder on this processor: ${process.arch}`)
  const { modes, nodes, attributes } = processor
  return encoded([
    ...beginning(process.arch),
    ...common.unseen.flatMap((call) => when([bpf.isEqual, call], verdict.ENOSYS)),
    ...[...attributes, common.setxattrat].flatMap((call) =>
      when([bpf.isEqual, call], verdict.EPERM),
    ),
    ...[...modes, [common.fchmodat2, 2] as const].flatMap((each) => unlessSet(each, setIds)),
    ...nodes.flatMap((each) => unlessSet(each, setIds | device)),
    [bpf.answer, 0, 0, verdict.allow],
  ])
}

/** Refuse `call` if one of `bits` is set in its argument number `at`; allow it otherwise. */
function unlessSet([call, at]: readonly [number, number], bits: number): Instruction[] {
  return [
    [bpf.isEqual, 0, 4, call],
    [bpf.load, 0, 0, offsetOf.argument(at)],
    [bpf.hasBit, 0, 1, bits],
    [bpf.answer, 0, 0, verdict.EPERM],
    [bpf.answer, 0, 0, verdict.allow],
  ]
}
