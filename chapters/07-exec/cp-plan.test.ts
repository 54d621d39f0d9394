/** Tests. The list of cp: as it is written, and as a copy carries it out. */
import { chownSync, chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { typicalCopy } from '../../runtime/07-exec/copy/list.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { strace } from '../../runtime/strace.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached } from '../../test/detached.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { copyPlan } from './cp.ts'

const place = 'O_PATH|O_DIRECTORY|O_CLOEXEC'
const unlinked = 'RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS|RESOLVE_NO_MAGICLINKS'
const inRoot = 'RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS'
const time = '{tv_sec=1000000000, tv_nsec=0}'

/** A file with four bytes. */
const file = (name: string) => [
  `unlink("${name}")`,
  `open("${name}", O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0755)`,
  'pwrite(6, /* 4 bytes */, 0)',
  'fchown(6, 1000, 1000)',
  'fchmod(6, 04755)',
  'close(6)',
  `utimensat(AT_FDCWD, "${name}", ${time}, AT_SYMLINK_NOFOLLOW)`,
]

/** The list of a directory with a file in it, and a second file, into /w of process `pid`. */
const list = (pid: number) => [
  'close_range(4, 4294967295, 0)',
  `open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC) /* in "/proc/${pid}/ns/mnt" */`,
  'mount_setattr(AT_FDCWD, "/proc/self/fd/4", 0, {attr_set=MOUNT_ATTR_NODEV, attr_clr=0}, 32)',
  `openat2(4, "/", {flags=${place}, resolve=${inRoot}}, 24)`,
  `openat2(5, "w", {flags=${place}, resolve=${unlinked}}, 24)`,
  'dup2(6, 5)',
  'close(6)',
  'fchdir(4)',
  'chroot(".")',
  'umask(0)',
  'fchdir(5)',
  'mkdir("sub", 0750)',
  `openat2(AT_FDCWD, "sub", {flags=${place}, resolve=${unlinked}}, 24)`,
  'fchdir(6)',
  'close(6)',
  'lchown(".", 1000, 1000)',
  ...file('new'),
  'fchdir(5)',
  ...file('then'),
  `openat2(5, "sub", {flags=${place}, resolve=${unlinked}}, 24)`,
  'fchdir(6)',
  'close(6)',
  'chmod(".", 02750)',
  `utimensat(AT_FDCWD, ".", ${time}, AT_SYMLINK_NOFOLLOW)`,
]

test('the list of a copy into a container', () => {
  const plan = copyPlan(planOptions([], { copied: typicalCopy(1) }))
  expect(plan.map(({ call }) => strace(call))).toEqual(list(1))
})

test('a copy is planned by looking, and puts nothing anywhere', async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const [root, cwd] = [await rootWithBusybox(), scratch()]
  mkdirSync(join(cwd, 'src/sub'), { recursive: true })
  for (const name of ['src/sub/new', 'src/then', 'src/sub']) {
    if (name !== 'src/sub') writeFileSync(join(cwd, name), 'new\n')
    chownSync(join(cwd, name), 1000, 1000)
    chmodSync(join(cwd, name), name === 'src/sub' ? 0o2750 : 0o4755)
    utimesSync(join(cwd, name), 1_000_000_000, 1_000_000_000)
  }
  const box = await runDetached(root, ['--name', 'box'], 'mkdir /w; echo ready; exec sleep 1000')
  await vi.waitFor(() => expect(box.logged()).toContain('ready'), { timeout: 20_000 })
  const words = ['plan', '--format', 'json', 'cp', 'src/.', 'box:/w']
  const { out, err } = await stepbox(words, { root, cwd })
  expect(err).toBe('')
  const lines = JSON.parse(out) as { strace: string; why: string }[]
  expect(lines.map((line) => line.strace)).toEqual(list(box.state().init?.pid ?? 0))
  expect(lines.every(({ why }) => why !== '')).toBe(true)
  expect((await stepbox(['exec', 'box', 'ls', '/w'], { root })).out).toBe('')
})

test('a copy out of a container is planned as two lists', async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const [root, cwd] = [await rootWithBusybox(), scratch()]
  await stepbox(['create', '--name', 'box', 'busybox', 'true'], { root })
  const { out } = await stepbox(['plan', 'cp', 'box:/etc/passwd', '.'], { root, cwd })
  const names = [...out.matchAll(/^ *\d+ +\d (\w+)/gm)].map(([, name]) => name)
  expect(names.join(' ')).toBe(
    'close_range unshare mount chdir mount open mount_setattr openat2 ' +
      'close_range open open umask fchdir unlink open pwrite fchmod close utimensat',
  )
  expect((await stepbox(['plan', 'cp', 'box:/none', '.'], { root, cwd })).code).toBeGreaterThan(0)
})
