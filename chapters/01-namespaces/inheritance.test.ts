/** What the caller has that no namespace holds back: none of it is the container's. */
import { spawnSync } from 'node:child_process'
import { expect, test, type TestContext } from 'vitest'
import { program } from '../../test/stepbox.ts'
import { needs, scratch } from '../../test/scratch.ts'

/**
 * The lines that a script prints in a container; `words` is the script, then flags of `run`. The
 * script `caller` prepares itself and executes the program.
 */
function seenInside(context: TestContext, caller: string, words: string | string[]) {
  const [script = '', ...flags] = [words].flat()
  needs(context, 'root', 'util-linux-setpriv')
  const run = [process.execPath, program, '--root', scratch(), '--chapter', '1', 'run', '--rm']
  const args = ['-c', caller, 'sh', ...run, ...flags, 'sh', '-c', script]
  const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

const fields = '^(Groups|Sig(Blk|Ign)|Cap(Inh|Amb)):'
const rights = `grep -E "${fields}" /proc/self/status | tr -d "[:blank:]"`
const none = '0'.repeat(16)

test('no group, no inheritable right, no ignored signal of the caller comes along', (context) => {
  const caller = `trap '' HUP TERM 50
    exec setpriv --groups 4,24 --inh-caps +net_raw,+sys_admin --ambient-caps +net_raw "$@"`
  const all = (gid: number) => [
    `Groups:${gid}`,
    `SigBlk:${none}`,
    `SigIgn:${none}`,
    `CapInh:${none}`,
    `CapAmb:${none}`,
  ]
  expect(seenInside(context, caller, rights)).toEqual(all(0))
  expect(seenInside(context, caller, [rights, '-u', '1000:1001'])).toEqual(all(1001))
})

test('a file that denies something to a group denies it to a set-group-id program', (context) => {
  const dir = scratch()
  const script = `cp "$(command -v cat)" ${dir}/cat; echo secret > ${dir}/file; chmod 755 ${dir}
    chown 0:2000 ${dir}/cat; chmod 2755 ${dir}/cat
    chown 0:1001 ${dir}/file; chmod 604 ${dir}/file
    exec "$@"`
  const read = `${dir}/cat ${dir}/file 2> /dev/null || echo denied`
  expect(seenInside(context, script, [read, '-u', '1000:1001'])).toEqual(['denied'])
})

test('limits, priorities and processors are those of a program started at boot', (context) => {
  needs(context, 'chrt', 'ionice', 'taskset', 'setarch')
  const caller = `echo 300 > /proc/self/oom_score_adj; ulimit -S -n 512; umask 077
    exec setarch -R ionice -c 3 taskset -c 0 chrt -f 1 "$@"`
  const look = `cut -d" " -f18,19,41 /proc/self/stat; ionice -p $$; ulimit -S -n; umask
    cat /proc/self/oom_score_adj /proc/self/personality`
  const seen = seenInside(context, caller, look)
  expect(seen).toEqual(['20 0 0', 'none: prio 0', '1024', '0022', '0', '00000000'])
})

test('the hard limit is the caller\'s, and the soft one is not above it', (context) => {
  const look = 'ulimit -S -n; ulimit -H -n'
  expect(seenInside(context, 'ulimit -n 2000; exec "$@"', look)).toEqual(['1024', '2000'])
  expect(seenInside(context, 'ulimit -n 500; exec "$@"', look)).toEqual(['500', '500'])
})

test('a caller that may not undo its own niceness can still start a container', (context) => {
  needs(context, 'nice')
  const caller = 'exec nice -n 5 setpriv --bounding-set -sys_nice "$@"'
  expect(seenInside(context, caller, 'cut -d" " -f19 /proc/self/stat')).toEqual(['5'])
})
