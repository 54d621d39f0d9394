/** Tests. Why a start failed, where the host's network is in the way: each line and its remedy. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { canBuild, town } from './town.ts'

const started = ['run', '--rm', 'busybox', 'true']

test("another program's table of the same name", async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const { on, stepbox } = await town(await rootWithBusybox())
  const theirs = 'table inet stepbox { map anywhere4 { type ipv4_addr : verdict; }; }'
  expect(on('host', ['nft', theirs]).err).toBe('')
  const { code, err } = stepbox(...started)
  expect(code).toBe(125)
  expect(err).toMatch(/^stepbox: execve\("nft".* = EPROTO \(.*datatype mismatch.*\)$/m)
  expect(err).toContain("\n  a table 'stepbox' is another program's, or the kernel lacks a part: ")
  on('host', ['nft', 'delete table inet stepbox'])
  expect(stepbox(...started)).toMatchObject({ code: 0, err: '' })
})

test('IPv6 that is switched off, for a network that has it', async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const { on, stepbox } = await town(await rootWithBusybox())
  const set = (value: number) =>
    on('host', ['sh', '-ec', `for of in all default
      do echo ${value} > /proc/sys/net/ipv6/conf/$of/disable_ipv6; done`])
  stepbox('network', 'create', '--ipv6', 'six')
  const begin = () => stepbox('run', '--rm', '--network', 'six', 'busybox', 'true')
  set(1)
  const { code, err } = begin()
  expect([code, err]).toEqual([125, expect.stringContaining('= EACCES (')])
  const [, remedy = ''] = / {2}this host has IPv6 switched off: sysctl -w (.*)\n/.exec(err) ?? []
  const path = (word: string) => `/proc/sys/${word.replaceAll('.', '/').replace('=0', '')}`
  for (const word of remedy.split(' '))
    expect(on('host', ['sh', '-ec', `echo 0 > ${path(word)}`]).err).toBe('')
  expect(begin()).toMatchObject({ code: 0, err: '' })
})
