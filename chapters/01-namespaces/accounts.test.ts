/** Who runs the command: by number, by name, from files in which an image may have set traps. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { accountIn, accountOf } from '../../runtime/01-namespaces/accounts.ts'
import { scratch } from '../../test/scratch.ts'

/** Every word and its answer were tried with docker 20.10 and these two files. */
const passwd = `root:x:0:0:root:/root:/bin/sh
www-data:x:33:34:www:/var/www:/bin/sh
# comment:x:77:77::/c:/bin/sh
short:x
short2:x:50
nogid:x:53::/h53:/bin/sh
dup:x:60:60::/h60:/bin/sh
dup:x:61:61::/h61:/bin/sh
other60:x:60:66::/h60b:/bin/sh
44:x:45:46::/h45:/bin/sh
nohome:x:70:70::::
big3:x:2147483648:1::/b:/bin/sh
  spaced:x:80:80::/sp:/bin/sh
abc:x:9x:90::/abc:/bin/sh
crlf:x:90:91::/crlf:/bin/sh\r
noid:x:4294967295:1::/b:/bin/sh
cut:x:4294967296:1::/b:/bin/sh`
const group = `root:x:0:www-data
www-data:x:34:
adm:x:4:www-data,dup,45
short:x
gdup:x:7:www-data
gdup:x:8:www-data
55:x:56:
users:x:100:www-data ,dup
crlf:x:92:www-data\r`

const look = (user: string, groupAdd: string[] = []) =>
  accountOf({ user, groupAdd }, { passwd, group })

describe('a user', () => {
  const all = [34, 0, 4, 7, 8, 92]
  test.for<[user: string, uid: number, gid: number, groups: number[], home: string]>([
    ['', 0, 0, [0], '/root'],
    ['0', 0, 0, [0], '/root'],
    ['33', 33, 34, all, '/var/www'],
    ['www-data', 33, 34, all, '/var/www'],
    ['033', 33, 34, all, '/var/www'],
    ['+33', 33, 34, all, '/var/www'],
    ['33:', 33, 34, all, '/var/www'],
    ['33:0', 33, 0, [0], '/var/www'],
    ['33:34:35', 33, 34, [34], '/var/www'],
    ['www-data:adm', 33, 4, [4], '/var/www'],
    [':33', 0, 33, [33], '/root'],
    [':', 0, 0, [0], '/root'],
    ['0:55', 0, 55, [55], '/root'],
    ['999', 999, 0, [0], '/'],
    ['999:999', 999, 999, [999], '/'],
    ['short', 0, 0, [0], '/root'],
    ['short2', 50, 0, [0], ''],
    ['nogid', 53, 0, [0], '/bin/sh'],
    ['dup', 60, 60, [60, 4, 100], '/h60'],
    ['other60', 60, 66, [66], '/h60'],
    ['44', 44, 0, [0], '/'],
    ['45', 45, 46, [46], '/h45'],
    ['nohome', 70, 70, [70], ''],
    ['big3', 2147483648, 1, [1], '/b'],
    ['spaced', 80, 80, [80], '/sp'],
    ['abc', 0, 90, [90], '/root'],
    ['crlf', 90, 91, [91], '/crlf'],
    ['2147483647', 2147483647, 0, [0], '/'],
  ])("'%s' is what it is in docker", ([user, uid, gid, groups, home]) => {
    expect(look(user)).toEqual({ uid, gid, groups, home })
  })

  test.for([
    ['nobody', 'unable to find user nobody: no matching entries in passwd file'],
    [' ', 'unable to find user  : no matching entries in passwd file'],
    ['0x21', 'unable to find user 0x21: no matching entries in passwd file'],
    ['0:nope', 'unable to find group nope: no matching entries in group file'],
    ['0:-1', 'uids and gids must be in range 0-2147483647'],
    ['-1', 'uids and gids must be in range 0-2147483647'],
    ['3000000000', 'uids and gids must be in range 0-2147483647'],
    ['noid', 'passwd or group file: 4294967295 is not an id; they are in range 0-4294967294'],
    ['cut', 'passwd or group file: 4294967296 is not an id; they are in range 0-4294967294'],
  ])("'%s' is refused in words", ([user = '', words]) => {
    expect(() => look(user)).toThrow(words)
  })

  test('without the files a number is taken as it is, and a name is not found', () => {
    const none = { passwd: '', group: '' }
    expect(accountOf({}, none)).toEqual({ uid: 0, gid: 0, groups: [0], home: '/' })
    expect(accountOf({ user: '5:7' }, none)).toMatchObject({ uid: 5, gid: 7, home: '/' })
    expect(() => accountOf({ user: 'root' }, none)).toThrow('unable to find user root')
  })
})

describe('a further group', () => {
  test('is a name or a number, and comes once', () => {
    expect(look('33:0', ['7', 'users', '7', '0']).groups).toEqual([0, 7, 100])
    expect(look('', ['55']).groups).toEqual([0, 56])
  })

  test.for([
    ['', 'unable to find group : no matching entries in group file'],
    ['33,34', 'unable to find group 33,34: no matching entries in group file'],
    ['-1', 'uids and gids must be in range 0-2147483647'],
    ['4294967296', 'uids and gids must be in range 0-2147483647'],
  ])("'%s' is refused in words", ([word = '', words]) => {
    expect(() => look('', [word])).toThrow(words)
  })
})

/** A root whose etc/passwd is made by `make`; beside it is a file of the host. */
function rootWith(make: (etc: string, root: string) => void): string {
  const dir = scratch()
  const root = join(dir, 'root')
  mkdirSync(join(root, 'etc'), { recursive: true })
  mkdirSync(join(dir, 'etc'))
  writeFileSync(join(dir, 'etc/passwd'), 'hosts:x:1:1::/host:\n')
  make(join(root, 'etc'), root)
  return root
}

describe('the files are looked up as a process in the root would find them', () => {
  const ours = 'ours:x:12:13::/ours:/bin/sh\n'
  const uidIn = async (root: string, user: string) => (await accountIn({ user }, [root])).uid

  test('through relative and absolute links', async () => {
    const relative = rootWith((etc, root) => {
      writeFileSync(join(root, 'p'), ours)
      symlinkSync('../p', join(etc, 'passwd'))
    })
    expect(await uidIn(relative, 'ours')).toBe(12)
    const absolute = rootWith((etc, root) => {
      mkdirSync(join(root, 'usr/etc'), { recursive: true })
      writeFileSync(join(root, 'usr/etc/p'), ours)
      symlinkSync('/usr/etc/p', join(etc, 'passwd'))
    })
    expect(await uidIn(absolute, 'ours')).toBe(12)
  })

  test('even where /etc itself is a link', async () => {
    const dir = scratch()
    mkdirSync(join(dir, 'usr/etc'), { recursive: true })
    writeFileSync(join(dir, 'usr/etc/passwd'), ours)
    symlinkSync('/usr/etc', join(dir, 'etc'))
    expect(await uidIn(dir, 'ours')).toBe(12)
  })

  test.for(['../../etc/passwd', '../../../../../../../../etc/passwd'])(
    'and never through one that leads out, as %s',
    async (target) => {
      const root = rootWith((etc) => symlinkSync(target, join(etc, 'passwd')))
      await expect(uidIn(root, 'hosts')).rejects.toThrow('too many links')
      expect(await uidIn(root, '7')).toBe(7)
    },
  )

  test.for<[what: string, make: (path: string) => void, problem: string]>([
    ['a directory', (path) => mkdirSync(path), 'is a directory'],
    ['a link to itself', (path) => symlinkSync('passwd', path), 'too many links'],
    ['a link to nothing', (path) => symlinkSync('nowhere', path), 'no matching entries'],
    ['a FIFO', (path) => execFileSync('mkfifo', [path]), 'is not a regular file'],
    ['a device', (path) => symlinkSync('/dev/zero', path), 'no matching entries'],
    [
      'as large as a disk',
      (path) => {
        writeFileSync(path, '')
        truncateSync(path, 2 ** 30)
      },
      'is 1073741824 bytes long',
    ],
  ])('where passwd is %s, numbers work and a name says why not', async ([, make, problem]) => {
    const root = rootWith((etc) => make(join(etc, 'passwd')))
    expect(await accountIn({ user: '33:34' }, [root])).toMatchObject({ uid: 33, gid: 34 })
    await expect(uidIn(root, 'ours')).rejects.toThrow(/^unable to find user ours/)
    await expect(uidIn(root, 'ours')).rejects.toThrow(problem)
  })
})
