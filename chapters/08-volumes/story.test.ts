/** Tests. The whole story of a web server and its pages, typed into a real dockerd and ours. */
import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerClient, dockerd } from '../../test/dockerd.ts'
import { onTerminal } from '../../test/on-terminal.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

/** Tomcat's directories, with its pages where nobody is served them. */
const pages = [
  'mkdir -p /tomcat/webapps /tomcat/webapps.dist/docs /tomcat/logs',
  'echo welcome > /tomcat/webapps.dist/index.html',
  'echo manual > /tomcat/webapps.dist/docs/index.html',
].join('; ')
const serve = `'CMD ["httpd", "-f", "-v", "-h", "/tomcat/webapps"]'`
const run = 'run -d --network none --name'
const page = (name: string, path = '/') => `exec ${name} wget -q -O - 127.0.0.1${path}`
const listens = (name: string) => `~exec ${name} sh -c 'netstat -ltn | grep -q :80'`

/** What is typed into the shell of `exec -it`. */
const inside = [
  'cd /tomcat; ls',
  'rm -rf logs webapps',
  'mv webapps.dist webapps',
  'rm -r webapps/docs',
  'find . | sort',
]

/** `~`: until it succeeds, and without what it prints. */
const lines = [
  `run --network none --name made busybox sh -c '${pages}'`,
  `commit -c ${serve} made me/mytomcat:1.0`,
  'rm made',
  `${run} mytomcat me/mytomcat:1.0`,
  'ps',
  listens('mytomcat'),
  page('mytomcat'),
  'exec -it mytomcat sh',
  'diff mytomcat',
  page('mytomcat'),
  `commit -a Ada -m mytomcat mytomcat me/mytomcat:1.1`,
  'images',
  `inspect -f '{{.Author}}, {{.Comment}}, {{json .Config.Cmd}}' me/mytomcat:1.1`,
  `${run} old me/mytomcat:1.0`,
  `${run} new me/mytomcat:1.1`,
  listens('old'),
  listens('new'),
  ...[page('old'), page('old', '/docs/'), page('new'), page('new', '/docs/')],
  ...['ps', 'stop -t 1 old mytomcat', 'ps', 'ps -a'],
  ...[page('mytomcat'), 'start mytomcat', listens('mytomcat'), page('mytomcat')],
  ...['logs mytomcat', 'logs old', 'logs new', 'logs -n 1 new'],
  ...['rm new', 'rm old', 'rm -f new mytomcat', 'rm mytomcat', 'ps -a', 'images'],
  'run --rm --network none me/mytomcat:1.1 find /tomcat',
]

/** What differs by its nature: ids, ages, sizes, numbers of ports; and ports come later. */
function alike(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/\b(About an? \w+|Less than a second|\d+ seconds?)( ago)?\b|N\/A/g, 'AGE')
    .replaceAll(/\b[\d.]+[kM]?B\b/g, 'SIZE')
    .replaceAll(/(?<=127\.0\.0\.1\]?:)\d+/g, 'PORT')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll('PORTS  ', '')
    .replaceAll(/^stepbox: '\w+' was killed after .*\n/gm, '')
    .replaceAll(/\x1b\[[\d;]*[a-zA-Z]/g, '')
    .trimEnd()
}

/** Each line with its exit code, and all that it shows. */
async function told(program: string, env: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  for (const line of lines)
    if (line.startsWith('~')) await isSo(`${program} ${line.slice(1)}`, env)
    else found.push(described(line, await typed(`${program} ${line}`, env)))
  return found
}

async function isSo(command: string, env: Record<string, string>): Promise<void> {
  const end = Date.now() + 60_000
  for (let ended; (ended = await typed(command, env)).code !== 0; await setTimeout(50))
    if (Date.now() > end) throw new Error(`${command}: ${ended.shown}`)
}

interface Shown {
  code: number | null
  shown: string
}

/** The words of an error are each program's own. */
function described(line: string, { code, shown }: Shown): string {
  const isRefused = code !== 0 && /^(stepbox: |Error response|Error: )/.test(shown)
  const all = isRefused ? 'an error' : alike(shown)
  const said = /^diff|find/.test(line) ? all.split('\n').sort().join('\n') : all
  return `$ ${line}\n${said}\n= ${code}`
}

function typed(command: string, env: Record<string, string>): Promise<Shown> {
  if (/ exec -it /.test(command)) return inShell(command, env)
  return new Promise((resolve) => {
    const words = ['-c', `exec ${command} 2>&1`]
    const { PATH } = process.env
    execFile('sh', words, { env: { PATH, ...env } }, (error, shown) => {
      const code = typeof error?.code === 'number' ? error.code : null
      resolve({ code: error ? code : 0, shown })
    })
  })
}

/** Docker sets the size of a terminal after the start; the shell then shows its prompt again. */
const sized = 'until stty size | grep -qx "30 100"; do sleep 0.1; done; echo "si"zed'

/** Each line is typed when the shell asks for it. */
async function inShell(command: string, env: Record<string, string>): Promise<Shown> {
  const at = onTerminal(command, env)
  await at.shows('# ')
  at.type(`${sized}\n`)
  await at.shows('sized\n')
  const shown = () => at.shown().replace(/^.*?^sized\n/ms, '')
  for (const [n, line] of inside.entries()) {
    while (shown().split('# ').length < n + 2) await setTimeout(20)
    at.type(`${line}\n`)
  }
  at.type('exit\n')
  return { code: (await at.ended).code, shown: shown() }
}

test('from the first container to the last, all is shown as Docker shows it', async (context) => {
  needs(context, 'util-linux-script')
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  const [theirs, ours] = await Promise.all([
    told(dockerClient, { DOCKER_HOST: host, HOME: root }),
    told(`node ${program}`, { STEPBOX_ROOT: root }),
  ])
  expect(ours).toEqual(theirs)
  const all = ours.join('\n')
  for (const text of ['welcome', '404', 'manual', 'response:200', 'A /tomcat/webapps/index.html'])
    expect(all).toContain(text)
}, 240_000)
