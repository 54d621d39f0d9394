/** Tests. The same with a web server that Debian has packed, and the libraries that it needs. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs, onPath, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/** The files of the packages that a program and its libraries come from, into `dir`. */
const unpack = `
  libraries=$(ldd "$1" | grep -o '/[^ ]*')
  packages=$(for file in "$1" $libraries; do dpkg -S "$file" || dpkg -S "/usr$file"; done \\
    2> /dev/null | sed 's/: .*//' | sort -u)
  dpkg -L $packages | sed 's,^/,,' | grep -v '^\\.$' | sort -u > "$2.list"
  mkdir -p "$2"/usr/lib "$2"/usr/lib64 # /lib may be a link to one of them
  tar -C / --no-recursion --ignore-failed-read -c -T "$2.list" | tar -C "$2" -x
  echo $packages`

const settings = `
server.document-root = "/var/www/html"
server.port = 80
server.stat-cache-engine = "disable"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
`

test('a lighttpd from Debian packages serves, is committed, and serves again', async (context) => {
  needs(context, 'root', 'overlay', 'lighttpd', 'dpkg', 'nsenter', 'busybox')
  const root = await rootWithBusybox()
  const dir = join(scratch(), 'debian')
  mkdirSync(join(dir, 'var/www/html'), { recursive: true })
  const words = ['-ec', unpack, 'bash', onPath('lighttpd') ?? '', dir]
  const packages = execFileSync('bash', words, { encoding: 'utf8' })
  expect(packages).toMatch(/libc6/)
  expect(packages).toMatch(/lighttpd/)
  writeFileSync(join(dir, 'etc/lighttpd/story.conf'), settings)
  writeFileSync(join(dir, 'var/www/html/index.html'), '<h1>packed</h1>\n')
  const typed = async (...line: string[]) => {
    const { code, out, err } = await stepbox(line, { root })
    expect([line, code, err]).toEqual([line, 0, ''])
    return out.trim()
  }
  const page = async (name: string) => {
    const pid = await typed('inspect', '-f', '{{.State.Pid}}', name)
    const ask = ['--target', pid, '--net', 'busybox', 'wget', '-q', '-O', '-', '127.0.0.1']
    for (const end = Date.now() + 60_000; ; await setTimeout(50))
      try {
        return execFileSync('nsenter', ask, { encoding: 'utf8', stdio: 'pipe' }).trim()
      } catch (error) {
        if (Date.now() > end) throw error // ignoring it before: the server is not ready
      }
  }
  const serve = ['/usr/sbin/lighttpd', '-D', '-f', '/etc/lighttpd/story.conf']
  await typed('import', dir, 'lighttpd')
  await typed('run', '-d', '--name', 'shop', 'lighttpd', ...serve)
  expect(await page('shop')).toBe('<h1>packed</h1>')
  const changed = join(dir, 'changed')
  writeFileSync(changed, '<h1>changed</h1>\n')
  await typed('cp', '-q', changed, 'shop:/var/www/html/index.html')
  await typed('commit', '-c', `CMD ${JSON.stringify(serve)}`, 'shop', 'lighttpd:2')
  await typed('run', '-d', '--name', 'other', 'lighttpd', ...serve)
  await typed('run', '-d', '--name', 'new', 'lighttpd:2')
  expect(await page('shop')).toBe('<h1>changed</h1>')
  expect(await page('other')).toBe('<h1>packed</h1>')
  expect(await page('new')).toBe('<h1>changed</h1>')
  await typed('rm', '-f', 'shop', 'other', 'new')
}, 240_000)
