/** Tests: the same lines about volumes, typed into a real dockerd and into ours. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const run = 'run --network none'
const create = 'create --network none'
const ls = 'volume ls -q'
const row = '{{.Name}}|{{.Driver}}|{{.Scope}}|{{.Links}}|{{.Size}}|{{.Label|"k"}}'
const look = '{{.Name}}|{{.Driver}}|{{.Scope}}|{{.Options}}|{{.Labels}}'
const times = 'stat|-c|"%Y|%s|%n"|[^d]*;find|.|-maxdepth|0|!|-newer|f'
const tree = `cd|/data;stat|-c|"%a|%u:%g|%h|%F|%n"|.|*|d/*|d/.x;${times}`
const make = [
  'mkdir|-p|/data/d/empty;cd|/data;echo|hi|>|f;ln|-s|f|link;ln|f|hard;mkfifo|p;mknod|n|c|1|3',
  'echo|x|>|d/.x;dd|if=/dev/zero|of=hole|bs=1|count=1|seek=99999;chmod|4751|f;chmod|1777|d',
  'chown|5:6|f;chown|-h|9:9|link;chown|7:8|.;chmod|2750|.;ln|-s|/data|/way;ln|-s|d|up',
  'touch|-h|-d|"2001-02-03|04:05:06"|f|link|p|n|hole|up|d/.x|.',
].join(';')

/** `|` is a blank in a word. */
const lines = [
  // What is made, by which name, with which words.
  ...['volume create vv', 'volume create vv', 'volume create', 'volume create --name ww'],
  ...['volume create a', 'volume create ab', 'volume create /x', 'volume create a|b'],
  ...['volume create -d nosuch dd', 'volume create --label k=v --label e n10', 'volume create n9'],
  ...['volume create --label k=w --label x=y n08', 'volume create --label =x lab'],
  ...['type=tmpfs', 'foo=bar', 'o=bind'].map((option) => `volume create -o ${option} tm`),
  'volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,uid=7 tm',
  // How it is listed.
  ...['volume ls', `volume ls --format table|${row}`, 'volume list -q --format {{.Driver}}'],
  ...['dangling=true', 'dangling=0', 'dangling=x', 'name=^n', 'name=w -f name=vv', 'nix=1'],
  ...['name=w -f label=k', 'label=k=v', 'label=k -f label=x=y', 'driver=loc'],
  // How one is looked at, and goes.
  ...[`volume inspect -f ${look} vv tm n10`, 'volume inspect -f {{.Name}} nosuch vv'],
  ...['inspect -f {{.Name}} vv', 'inspect --type volume -f {{.Name}} nosuch vv'],
  ...['volume rm nosuch ab nosuch2', 'volume rm -f nosuch n9'],
  ...['label=k=v', 'until=1h'].map((filter) => `volume prune -f --filter ${filter}`),
  ...['volume prune -f', ls],
  // A container fills, shares and keeps it.
  `${run} --name mk busybox sh -c ${make}`,
  ...['commit mk plain', 'commit -c VOLUME|/data|/v2 mk vols'],
  `${run} --name c1 -v vv:/data plain sh -c ${tree}`,
  ...['volume rm -f vv', 'volume prune -f', 'volume ls -q -f dangling=false'],
  `${run} --rm -v nc:/data:nocopy plain ls /data`,
  `${run} --rm -v nc:/data:ro plain touch /data/f`,
  `${run} --rm -v by:/way plain sh -c ${tree}`,
  `${run} --rm -v up:/data/up plain ls -A /data/d`,
  `${run} --rm -v on:/data/f plain true`,
  `${run} --rm -v nosuch/x:/data plain true`,
  `${create} --name k1 -v e1:/data plain true`,
  `${run} --rm -v e1:/e1 plain ls /e1`,
  ...['volume rm e1', 'rm k1', 'volume rm e1', ls],
  // Volumes without a name.
  `${run} --name c2 -v /anon plain sh -c echo|1|>|/anon/x`,
  ...['inspect -f {{len|.Mounts}}{{json|.Config.Volumes}} c2', 'rm c2', ls],
  `${run} --rm -v /anon plain true`,
  `${run} --name c3 vols sh -c ${tree}`,
  ...[ls, 'commit c3 again', 'inspect -f {{json|.Config.Volumes}} again', 'rm -v c3', ls],
  `${run} --name c4 -v mine:/data vols ls -A /data /v2`,
  ...['inspect -f {{json|.Config.Volumes}} c4', 'rm -v c4', ls],
  `${run} --name lab --mount type=volume,source=la,target=/m,volume-label=a=b plain true`,
  'volume inspect -f {{.Labels}} la',
  // What another container has.
  `${run} --name s1 -v /anon -v named:/named plain sh -c echo|1|>|/anon/x`,
  `${run} --name s2 --volumes-from s1 plain ls /anon /named`,
  `${run} --rm --volumes-from s1:ro plain touch /anon/y`,
  `${run} --rm --volumes-from s1:rw --volumes-from c1 plain ls -d /anon /named /data`,
  `${run} --rm --volumes-from s1 -v other:/anon plain ls /anon`,
  `${run} --rm --volumes-from s1 -v /anon plain ls /anon`,
  `${run} --rm --volumes-from c1 vols ls /data`,
  ...['s1:xx', 'nosuch', ':ro'].map((word) => `${run} --rm --volumes-from ${word} plain true`),
  ...['rm -v s1', ls, 'rm -v s2', ls],
  // In place of a directory.
  'volume create -o type=tmpfs -o device=tmpfs -o o=size=1m mem',
  `${run} --name m1 -v mem:/m plain sh -c grep|"|/m|"|/proc/mounts|;|touch|/m/z`,
  ...[`${run} --rm -v mem:/m plain ls /m`, 'container prune -f', ls, 'volume prune -f', ls],
].map((line) => (/^\w+=/.test(line) ? `${ls} -f ${line}` : line))

/** What differs by its nature: ids, sizes of blocks, and where data are. */
function alike(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ $/gm, '')
    .replaceAll(/space: .*/g, 'space')
}

/** Words that ours says as Docker does; others are each program's own. */
const same = /volume is in use - .*|volume name is too short.*|includes invalid characters.*/

/** What was said of volumes meanwhile; of several in one container, in no order. */
async function eventsSince(type: Typed, since: number): Promise<string[]> {
  const period = ['--since', `${since / 1000}`, '--until', `${Date.now() / 1000 + 0.1}`]
  const { out } = await type('events', ...period, '--filter', 'type=volume')
  const untimed = alike(out).trim().split('\n').map((line) => line.replace(/^\S+ /, ''))
  return untimed.map((line) => line.replace(/reclaimed=\d+/, 'reclaimed')).sort()
}

async function answers(type: Typed): Promise<string[]> {
  const found: string[] = []
  let since = 0
  for (const line of lines) {
    if (line.includes('--name c2 ')) since = Date.now() // Docker remembers the last 256
    const words = line.split(' ').map((word) => word.replaceAll('|', ' '))
    const { code, out, err } = await type(...words)
    const end = code === 0 ? 'done' : 'failed'
    const [said = ''] = same.exec(alike(err)) ?? []
    found.push(`${line} = ${end} ${said}\n  ${alike(out).trim().split('\n').sort().join('\n  ')}`)
  }
  return [...found, ...(await eventsSince(type, since))]
}

test('what is printed about volumes, and what is in them, is as in Docker', async (context) => {
  const { docker } = await dockerd(context)
  const root = await rootWithBusybox()
  const [theirs, ours] = await Promise.all([
    answers(docker),
    answers((...words) => stepbox(words, { root })),
  ])
  expect(ours).toEqual(theirs)
}, 600_000)
