/** Tests: the same lines about networks and ports, typed into a real dockerd and into ours. */
import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { dockerClient, dockerd } from '../../test/dockerd.ts'
import type { Ended } from '../../test/stepbox.ts'
import { begunTown } from './town.ts'

type Typed = (words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const row = '{{.Name}}|{{.Driver}}|{{.Scope}}|{{.IPv6}}|{{.Internal}}|{{.Labels}}|{{.Label|"k"}}'
const config = '{{json|.IPAM.Config}}|{{.Internal}}|{{.EnableIPv6}}|{{json|.Labels}}'
const members = '{{range|.Containers}}{{.Name}}|{{.MacAddress}}|{{.IPv4Address}};{{end}}'
const places =
  '{{range|$name,$at|:=|.NetworkSettings.Networks}}{{$name}}|{{$at.IPAddress}}|{{$at.Gateway}}|' +
  '{{$at.MacAddress}}|{{json|$at.IPAMConfig}}|{{json|$at.Aliases}}|{{json|$at.Links}};{{end}}' +
  '{{json|.NetworkSettings.Ports}}|{{.NetworkSettings.IPAddress}}'
const ps = 'ps -a --format {{.Names}}|{{.Ports}}|{{.Networks}}'
const inside =
  'ip|-4|-o|addr|show|scope|global|||tr|-s|"|"|||cut|-d"|"|-f2,4;ip|route;' +
  'tail|-n|+7|/etc/hosts'
const serve = 'busybox sh -c echo|hi|>|/index.html;httpd|-f|-p|8080|-h|/'

/** `|` is a blank in a word, and three of them are one of a shell's. */
const lines = [
  // What is made, with which words.
  ...['network create net1', 'network create net1', 'network create bridge', 'network create'],
  'network create --subnet 10.33.0.0/24 --ip-range 10.33.0.128/25 --label k=v net2',
  'network create --subnet 10.34.0.0/24 --gateway 10.34.0.9 --aux-address h=10.34.0.2 net3',
  ...['--subnet 10.33.0.0/16', '--subnet 10.5.0.0', '--gateway 10.9.0.1', '-d nosuch'].map(
    (flags) => `network create ${flags} bad`,
  ),
  ...['--subnet 10.5.0.0/24 --gateway 10.9.0.1', '--subnet 10.5.0.0/24 --subnet 10.6.0.0/24'].map(
    (flags) => `network create ${flags} bad`,
  ),
  ...['--subnet 10.5.0.0/31', '--subnet 10.5.0.0/24 --gateway 10.5.0.255'].map(
    (flags) => `network create ${flags} bad`,
  ),
  ...['--subnet 10.5.0.0/24 --aux-address a=10.5.0.1', '--aux-address a=10.5.0.2'].map(
    (flags) => `network create ${flags} bad`,
  ),
  'network create --internal --label x net4',
  'network create -o com.docker.network.driver.mtu=abc bad',
  // How networks are listed, and looked at.
  ...['network ls', `network ls --format ${row}`, 'network list -q --format {{.Name}}'],
  ...['name=net', 'driver=bridge', 'type=builtin', 'type=custom', 'label=k', 'dangling=true'].map(
    (filter) => `network ls --format {{.Name}} -f ${filter}`,
  ),
  ...['type=nix', 'nix=1'].map((filter) => `network ls -f ${filter}`),
  `network inspect -f ${config} net1 net2 net3 net4`,
  ...['network inspect -f {{.Name}} nosuch net1', 'inspect --type network -f {{.Name}} net1'],
  // Containers in them.
  'run -d --name mytomcat -p 8888:8080 ' + serve,
  'run -d --name asks --network net1 --network-alias al busybox sleep 1000',
  'run -d --name given --network net2 --ip 10.33.0.99 busybox sleep 1000',
  'run -d --rm --name bad1 --network net2 --ip 10.33.0.99 busybox true',
  'run -d --rm --name bad3 --network net2 --ip 10.33.0.0 busybox true',
  'run -d --rm --name bad2 --network nosuch busybox true',
  'run -d --name shut --network none busybox sleep 1000',
  'run -d --name lent --network container:asks busybox sleep 1000',
  ...[ps, 'port mytomcat', 'port mytomcat 8080', 'port mytomcat 81', 'port nosuch', 'port asks'],
  ...['mytomcat', 'asks', 'given', 'shut'].map((name) => `inspect -f ${places} ${name}`),
  ...['net1', 'net2', 'bridge'].map((name) => `network inspect -f ${members} ${name}`),
  ...['mytomcat', 'asks', 'given'].map((name) => `exec ${name} sh -c ${inside}`),
  // They join and leave.
  ...['network connect net1 mytomcat', `exec mytomcat sh -c ${inside}`, ps],
  'exec asks wget -q -O - http://mytomcat:8080/',
  'exec mytomcat sh -c ping|-c|1|-W|9|al|>|/dev/null',
  `inspect -f ${places} mytomcat`,
  ...['net1 mytomcat', 'nosuch mytomcat', 'net1 nosuch', 'host mytomcat', 'net1 shut'].map(
    (words) => `network connect ${words}`,
  ),
  ...['net1 lent', '--ip 172.18.0.77 net1 given', '--ip 10.1.1.1 net2 asks', 'net1'].map(
    (words) => `network connect ${words}`,
  ),
  'network connect --alias too --ip 10.33.0.7 --link given:g --driver-opt a=b net2 mytomcat',
  ...[`inspect -f ${places} mytomcat`, 'network disconnect bridge mytomcat', 'port mytomcat'],
  ...[`exec mytomcat ip route`, ps, 'network disconnect bridge mytomcat'],
  ...['network disconnect nosuch asks', 'network disconnect net1 nosuch', 'network rm net1'],
  ...['network disconnect net1 mytomcat', 'network disconnect -f net2 mytomcat', ps],
  ...['port mytomcat', 'restart -t 0 mytomcat', ps, 'network connect bridge mytomcat', ps],
  ...['network disconnect none shut', 'network connect net1 shut', ps],
  // Addresses of the cable alone, and ports that lead nowhere until a network leads out.
  'run -d --rm --name link --network net2 --link-local-ip 169.254.7.7 busybox sleep 1000',
  'run --rm --network net2 --link-local-ip 10.1.1.1 busybox true',
  'run --rm --network net2 --link-local-ip 169.254.7.9 busybox ping -q -c 1 -W 9 169.254.7.7',
  ...[`exec link sh -c ${inside}`, `inspect -f ${places} link`],
  'network connect --link-local-ip 169.254.7.8 net3 link',
  ...[`exec link sh -c ${inside}`, `inspect -f ${places} link`, 'rm -f link'],
  'run -d --rm --name opted --network name=net1,driver-opt=a=b busybox sleep 1000',
  ...[`inspect -f ${places} opted`, 'rm -f opted'],
  'run -d --rm --name inner --network net4 -p 8889:80 busybox sleep 1000',
  ...[ps, 'port inner', 'network connect bridge inner', ps, 'port inner', 'rm -f inner'],
  // While they do not run.
  'create --name off --network net1 --network-alias al busybox sleep 1000',
  ...['network connect --alias xx net2 off', 'network disconnect net1 off', ps, 'start off', ps],
  ...['stop -t 0 off', 'network disconnect net1 off', 'network disconnect net2 off', ps],
  ...['start off', ps, 'rm -f off'],
  // What is removed.
  ...['network rm bridge', 'network rm nosuch', 'network prune -f', 'network ls -q -f name=net3'],
  ...['rm -f lent asks', 'rm -f shut given mytomcat', 'network rm net1 nosuch net2'],
  'network ls --format {{.Name}}',
]

/** Words that ours says as Docker does; others are each program's own. */
const same = new RegExp(
  [
    'network with name .* already exists|.*on predefined|.*has active endpoints',
    'Pool overlaps with other one on this address space|no matching subnet for [-\\w]+ [\\d.]+',
    '(?:failed to allocate .*)?Address already in use|No available addresses on this pool',
    "bridge driver doesn't support multiple subnets|plugin .* not found",
    'endpoint with name .*|container .* host network.*|container cannot be connected to mul.*',
    'container sharing .*|container \\S+ is not connected to .*|No public port .*',
    '.* is a pre-defined network and cannot be removed',
  ].join('|'),
)

/** What differs by its nature: ids, times, and how wide columns are. */
function alike(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/^round-trip .*$/gm, '')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ $/gm, '')
    .replaceAll(/Error response from daemon: |stepbox: /g, '')
}

/** Docker publishes on `::` whatever the container has, and lists networks in no order. */
function ours(text: string): string {
  return text
    .replaceAll(/, :::[^,\s|]+/g, '')
    .replaceAll(/^.* -> :::.*\n|^:::.*\n/gm, '')
    .replaceAll(/,\{"HostIp":"::","HostPort":"\d+"\}/g, '')
    .replaceAll(/ (\w+(?:,\w+)+)$/gm, (_, names: string) => ` ${names.split(',').sort().join()}`)
}

async function answers(type: Typed): Promise<string[]> {
  const found: string[] = []
  for (const line of lines) {
    const words = line.split(' ').map((word) =>
      word.replaceAll('|||', ' \u0001 ').replaceAll('|', ' ').replaceAll('\u0001', '|'),
    )
    const { code, out, err } = await type(words)
    const end = code === 0 ? 'done' : 'failed'
    const [said = ''] = same.exec(alike(err)) ?? []
    const text = ours(alike(code === 0 ? out : '')).trim().split('\n').sort().join('\n  ')
    found.push(`${line} = ${end} ${said}\n  ${text}`)
  }
  return found
}

/** By Debian's client: another one, which may come first on the PATH, has other words. */
function dockers(words: string[]): ReturnType<Typed> {
  return new Promise((resolve) => {
    execFile(dockerClient, words, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

test('what is printed about networks and ports is as in Docker', async (context) => {
  const { host } = await dockerd(context, { hasNetwork: true })
  const { stepbox } = await begunTown(context)
  const [theirs, own] = [
    await answers((words) => dockers(['-H', host, ...words])),
    await answers(async (words) => stepbox(...words)),
  ]
  expect(own).toEqual(theirs)
}, 600_000)
