/**
 * Which system calls a resolver of names has. It sends datagrams to anybody on the container's
 * socket alone. Elsewhere it sends where a socket is connected to, and it connects to the host's
 * resolvers alone: their addresses lie in a page that it cannot change, and the filter compares the
 * pointer, which is all that it sees of an address.
 *
 * Numbers are those of x86_64 and arm64, from asm/unistd_64.h and asm-generic/unistd.h; -1 is a
 * call that only the other has.
 */
import { beginning, bpf, encoded, offsetOf, verdict, when, type Instruction } from '../seccomp.ts'

type Numbers = readonly [x64: number, arm64: number]

const allowed: Numbers[] = [
  ...([[0, 63], [1, 64], [3, 57]] as const), // read, write, close
  ...([[45, 207], [47, 212], [217, 61]] as const), // recvfrom, recvmsg, getdents64
  ...([[288, 242], [7, -1], [271, 73]] as const), // accept4, poll, ppoll
  ...([[228, 113], [318, 278], [219, 128]] as const), // clock_gettime, getrandom, restart_syscall
  ...([[231, 94], [60, 93]] as const), // exit_group, exit
]

const [socket, connect, sendto, openat]: Numbers[] = [[41, 198], [42, 203], [44, 206], [257, 56]]

/** O_WRONLY, O_RDWR, O_CREAT and O_TRUNC: flags to open a file with other than to read it. */
const writing = 0o1 | 0o2 | 0o100 | 0o1000

const [inet, inet6] = [2, 10]

/** native/resolver.h has them, too. */
const [containersSocket, servers, serverBytes, mostServers] = [2, 0x10000000, 128, 3]

/** The filter: any other call fails with EPERM. */
export function resolverFilter(processor: NodeJS.Architecture = process.arch): Uint8Array {
  const addresses = Array.from({ length: mostServers }, (_, at) => servers + serverBytes * at)
  return encoded([
    ...beginning(processor),
    ...allowed.flatMap((each) => onlyIf(each, processor, [[bpf.answer, 0, 0, verdict.allow]])),
    ...onlyIf(socket, processor, [
      ...[inet, inet6].flatMap((family) => ifArgument(0, family)),
      [bpf.answer, 0, 0, verdict.EPERM],
    ]),
    ...onlyIf(connect, processor, [
      ...addresses.flatMap((address) => ifArgument(1, address)),
      [bpf.answer, 0, 0, verdict.EPERM],
    ]),
    ...onlyIf(sendto, processor, [
      ...ifArgument(0, containersSocket),
      ...ifArgument(4, 0),
      [bpf.answer, 0, 0, verdict.EPERM],
    ]),
    ...onlyIf(openat, processor, [
      [bpf.load, 0, 0, offsetOf.argument(2)],
      ...when([bpf.hasBit, writing], verdict.EPERM),
      [bpf.answer, 0, 0, verdict.allow],
    ]),
    [bpf.answer, 0, 0, verdict.EPERM],
  ])
}

/** Skip `then` unless this is the call. */
function onlyIf(
  call: Numbers | undefined,
  processor: NodeJS.Architecture,
  then: Instruction[],
): Instruction[] {
  const number = call?.[processor === 'x64' ? 0 : 1] ?? -1
  return number < 0 ? [] : [[bpf.isEqual, 0, then.length, number], ...then]
}

/** Allow the call if an argument, all 64 bits of it, is `value`, which has 32. */
function ifArgument(at: number, value: number): Instruction[] {
  return [
    [bpf.load, 0, 0, offsetOf.argument(at) + 4],
    [bpf.isEqual, 0, 3, 0],
    [bpf.load, 0, 0, offsetOf.argument(at)],
    ...when([bpf.isEqual, value], verdict.allow),
  ]
}
