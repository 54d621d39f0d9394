/** Tests: what `commit --change` accepts, as Docker does, and what it refuses. */
import { expect, test } from 'vitest'
import { applyChanges } from '../../runtime/05-commit/changes.ts'
import type { ContainerConfig } from '../../runtime/05-commit/store/oci.ts'

const before: ContainerConfig = { Cmd: ['sh'], Env: ['PATH=/bin', 'A=1'], WorkingDir: '/srv' }

test.each<[change: string, after: ContainerConfig]>([
  ['CMD ["httpd", "-f"]', { Cmd: ['httpd', '-f'] }],
  ['CMD []', { Cmd: [] }],
  ['cmd echo "a  b" $A', { Cmd: ['/bin/sh', '-c', 'echo "a  b" $A'] }],
  ['CMD [ -f /x ] && echo yes', { Cmd: ['/bin/sh', '-c', '[ -f /x ] && echo yes'] }],
  ['ENTRYPOINT ["/init"]', { Entrypoint: ['/init'], Cmd: null }],
  ['ENV A=2', { Env: ['PATH=/bin', 'A=2'] }],
  ['ENV B=x C="y z" D=\'$A\' E=a\\ b', { Env: [...env(), 'B=x', 'C=y z', 'D=$A', 'E=a b'] }],
  ['ENV B old form', { Env: [...env(), 'B=old form'] }],
  ['ENV PATH=/opt:$PATH', { Env: ['PATH=/opt:/bin', 'A=1'] }],
  ['ENV B=${A}0 C=${X:-no} D=${A:+yes} E=$X', { Env: [...env(), 'B=10', 'C=no', 'D=yes', 'E='] }],
  ['ENV A=2 B=$A', { Env: ['PATH=/bin', 'A=2', 'B=1'] }],
  ['ENV B="a \\"b\\" $A"', { Env: [...env(), 'B=a "b" 1'] }],
  ['ENV B=', { Env: [...env(), 'B='] }],
  ['LABEL a=1 "b c"="d e"', { Labels: { a: '1', 'b c': 'd e' } }],
  ['LABEL owner the team', { Labels: { owner: 'the team' } }],
  ['EXPOSE 80 53/udp 80-81', { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '81/tcp': {} } }],
  ['USER 1000:1000', { User: '1000:1000' }],
  ['VOLUME ["/data", "/a b"]', { Volumes: { '/data': {}, '/a b': {} } }],
  ['VOLUME /data /more', { Volumes: { '/data': {}, '/more': {} } }],
  ['WORKDIR /a/../b', { WorkingDir: '/b' }],
  ['WORKDIR www', { WorkingDir: '/srv/www' }],
  ['WORKDIR $PATH', { WorkingDir: '/bin' }],
])('%s', (change, after) => {
  expect(applyChanges(before, [change])).toEqual({ ...before, ...after })
})

function env(): string[] {
  return before.Env ?? []
}

test.each([
  ['', 'accepted are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR'],
  ['RUN make', 'accepted are CMD, ENTRYPOINT, ENV'],
  ['toString x', 'accepted are CMD, ENTRYPOINT, ENV'],
  ['CMD', 'CMD needs a value'],
  ["CMD ['httpd']", 'a list has strings in double quotes, as in CMD ["first", "second"]'],
  ['CMD ["httpd", 1]', 'a list has strings in double quotes'],
  ['ENV A', 'a name needs a value, as in NAME=value'],
  ['ENV A=1 B', "'B' is not of the form NAME=value"],
  ['ENV =1', "'=1' is not of the form NAME=value"],
  ['ENV A="open', 'a quote or a ${ is not closed'],
  ['ENV A=${open', 'a quote or a ${ is not closed'],
  ['ENV A=${B?x}', '${B?x} is not ${NAME}, ${NAME:-word} or ${NAME:+word}'],
  ['EXPOSE abc', "'abc' is not a port: write 80, 80/udp or 8000-8010"],
  ['EXPOSE 0', "'0' is not a port"],
  ['EXPOSE 65536', "'65536' is not a port"],
  ['EXPOSE 90-80', "'90-80' is not a port"],
  ['USER a b', 'it takes a user, as in USER 1000:1000'],
  ['VOLUME [""]', 'one of its names is empty'],
])('%j is refused: %s', (change, why) => {
  expect(() => applyChanges(before, [change])).toThrow(`invalid change '${change}': ${why}`)
})

test('changes are applied in order, and what they are applied to stays as it was', () => {
  const changes = ['ENV B=1', 'ENV C=$B', 'CMD ["x"]', 'ENTRYPOINT ["y"]']
  const after = applyChanges(before, changes)
  expect(after.Env).toEqual(['PATH=/bin', 'A=1', 'B=1', 'C=1'])
  expect(after).toMatchObject({ Cmd: ['x'], Entrypoint: ['y'] })
  expect(before).toEqual({ Cmd: ['sh'], Env: ['PATH=/bin', 'A=1'], WorkingDir: '/srv' })
})
