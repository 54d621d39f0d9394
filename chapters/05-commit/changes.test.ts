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
  ['ENV B=${A:-${NO:-x}}.2', { Env: [...env(), 'B=1.2'] }],
  ['ENV B=${NO:-${NO:-x}}b', { Env: [...env(), 'B=xb'] }],
  ['ENV B=${NO:-"${A:+a b}"}', { Env: [...env(), 'B=a b'] }],
  ['ENV B=${NO:-\'}\'}', { Env: [...env(), 'B=}'] }],
  ['ENV B=${NO-x}${A-y}${A+z}${NO+z}${A:?no}', { Env: [...env(), 'B=x1z1'] }],
  [
    'ENV B=\\$A C="\\$A" D=\'\\$A\' E=a\\ b',
    { Env: [...env(), 'B=$A', 'C=$A', 'D=\\$A', 'E=a b'] },
  ],
  ['ENV B=$1 C=$$ D=$A$A E=$', { Env: [...env(), 'B=', 'C=', 'D=11', 'E=$'] }],
  ['ENV B="x\\ny" C="a\\\\b" D=a\\\\b', { Env: [...env(), 'B=x\\ny', 'C=a\\b', 'D=a\\b'] }],
  ['ENV B=2\nENV C=3', { Env: [...env(), 'B=2', 'C=3'] }],
  ['# why\nENV B=2 \\ \n# inside\n\n  C=3', { Env: [...env(), 'B=2', 'C=3'] }],
  ['LABEL a="x \\\ny"', { Labels: { a: 'x y' } }],
  ['CMD a \\\n b', { Cmd: ['/bin/sh', '-c', 'a  b'] }],
  ['LABEL a=1 "b c"="d e"', { Labels: { a: '1', 'b c': 'd e' } }],
  ['LABEL owner the team', { Labels: { owner: 'the team' } }],
  ['EXPOSE 80 53/udp 80-81', { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '81/tcp': {} } }],
  ['EXPOSE 80/TCP 81/Udp 82/', { ExposedPorts: { '80/tcp': {}, '81/udp': {}, '82/tcp': {} } }],
  [
    'EXPOSE 8080:80 127.0.0.1:1:81-82/sctp',
    { ExposedPorts: { '80/tcp': {}, '81/sctp': {}, '82/sctp': {} } },
  ],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  ['healthcheck cmd $A x', { Healthcheck: { Test: ['CMD-SHELL', '$A x'] } }],
  [
    'HEALTHCHECK --interval=5s --timeout=1m30s --start-period=1.5h --retries=3 CMD ["a", "b"]',
    {
      Healthcheck: {
        Test: ['CMD', 'a', 'b'],
        Interval: 5e9,
        Timeout: 90e9,
        StartPeriod: 5400e9,
        Retries: 3,
      },
    },
  ],
  ['ONBUILD RUN  make  $A', { OnBuild: ['RUN  make  $A'] }],
  ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
  ['STOPSIGNAL RTMIN+3', { StopSignal: 'RTMIN+3' }],
  [
    'SHELL ["/bin/ash", "-ec"]\nCMD x y',
    { Shell: ['/bin/ash', '-ec'], Cmd: ['/bin/ash', '-ec', 'x y'] },
  ],
  ['VOLUME ["/$A"]', { Volumes: { '/1': {} } }],
  ['USER root', { User: 'root' }],
  ['USER 1000:1000', { User: '1000:1000' }],
  ['VOLUME ["/data", "/a b"]', { Volumes: { '/data': {}, '/a b': {} } }],
  ['VOLUME /data /more', { Volumes: { '/data': {}, '/more': {} } }],
  ['WORKDIR /a/../b', { WorkingDir: '/a/../b' }],
  ['WORKDIR /a b', { WorkingDir: '/a b' }],
  ['WORKDIR www', { WorkingDir: '/srv/www' }],
  ['WORKDIR $PATH', { WorkingDir: '/bin' }],
])('%s', (change, after) => {
  expect(applyChanges(before, [change])).toEqual({ ...before, ...after })
})

function env(): string[] {
  return before.Env ?? []
}

test.each([
  ['', 'accepted are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL'],
  ['# only a comment', 'accepted are CMD, ENTRYPOINT'],
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
  ['ENV A=${B?x}', 'B: x'],
  ['ENV A=${B:?}', 'B: it is not set'],
  ['ENV A=${B#x} C=2', '${B#x} is not ${NAME}, ${NAME:-word} or ${NAME:+word}'],
  ['ENV A=${A:1}', '${A:1} is not ${NAME}'],
  ['ENV A=${}', '${} is not ${NAME}'],
  ['ENV A=${B:-${C}', 'a quote or a ${ is not closed'],
  ['EXPOSE 80/icmp', "'80/icmp' is not a port"],
  ['HEALTHCHECK curl x', 'HEALTHCHECK takes NONE, or CMD and a command'],
  ['HEALTHCHECK NONE x', 'HEALTHCHECK takes NONE, or CMD and a command'],
  ['HEALTHCHECK CMD', 'HEALTHCHECK takes NONE, or CMD and a command'],
  ['HEALTHCHECK --interval=5 CMD x', '--interval=5 is not a time: write 30s or 1m30s'],
  ['HEALTHCHECK --timeout=1us CMD x', '--timeout=1us is less than a millisecond'],
  ['HEALTHCHECK --retries=0 CMD x', '--retries=0 is not a number from 1 on'],
  ['HEALTHCHECK --foo=1 CMD x', '--foo is not one of --interval'],
  ['ONBUILD ONBUILD RUN x', 'ONBUILD cannot come after ONBUILD'],
  ['ONBUILD FROM x', 'FROM cannot come after ONBUILD'],
  ['STOPSIGNAL SIGFOO', "'SIGFOO' is not a signal"],
  ['STOPSIGNAL 65', "'65' is not a signal"],
  ['SHELL bash', 'it takes a list, as in SHELL ["/bin/bash", "-c"]'],
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
