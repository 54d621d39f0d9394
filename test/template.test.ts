/** Tests. Go templates: what they print is what the docker client prints of the same data. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { execute } from '../runtime/cli/template/execute.ts'
import { parseTemplate } from '../runtime/cli/template/parse.ts'
import { needs, scratch } from './scratch.ts'

/** What `docker inspect` says of a container, in part. */
const data = {
  Id: '122e2b86a2a1',
  Name: '/one',
  State: { Status: 'running', Running: true, Paused: false, Pid: 4178, ExitCode: 0 },
  Config: {
    Env: ['X=1'],
    Cmd: ['sleep', '1000'],
    Labels: { a: 'b', k: 'v' },
    Entrypoint: null,
    Volumes: null,
  },
  NetworkSettings: { Networks: { none: { IPPrefixLen: 0, IPAddress: '' } } },
  Mounts: [],
}

function printed(template: string, value: unknown = data): string {
  return execute(parseTemplate(template), value)
}

/** Each is compared with what the docker client prints of the same data, too. */
const same: [template: string, text: string][] = [
  ['{{.Name}} {{.State.Pid}} {{.State.Running}}', '/one 4178 true'],
  ['{{.Config.Cmd}} {{.Config.Labels}} {{.Mounts}}', '[sleep 1000] map[a:b k:v] []'],
  ['{{.Config.Entrypoint}} {{.Config.Volumes}}', '[] map[]'],
  ['{{json .Config.Entrypoint}} {{json .Config.Volumes}} {{json .Mounts}}', 'null null []'],
  ['{{.Config.Labels.k}}|{{.Config.Labels.zz}}', 'v|<no value>'],
  ['{{index .Config.Labels "k"}}|{{index .Config.Labels "zz"}}', 'v|'],
  ['{{index .Config.Cmd 1}} {{index .Name 0}}', '1000 47'],
  ['{{range .Config.Cmd}}<{{.}}>{{end}}', '<sleep><1000>'],
  ['{{range $i, $e := .Config.Cmd}}{{if $i}}, {{end}}{{$i}}={{$e}}{{end}}', '0=sleep, 1=1000'],
  ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}', 'a=b k=v '],
  ['{{range .Mounts}}x{{else}}none{{end}}', 'none'],
  ['{{range .Config.Cmd}}{{if eq . "sleep"}}{{continue}}{{end}}{{.}}{{break}}{{end}}', '1000'],
  ['{{if .State.Paused}}p{{else if .State.Running}}r{{else}}d{{end}}', 'r'],
  ['{{with .State}}{{$.Name}} {{.Status}}{{end}}', '/one running'],
  ['{{with .Config.Volumes}}x{{else}}no{{end}}', 'no'],
  ['{{len .Config.Cmd}} {{len .Name}} {{len .Config.Labels}}', '2 4 2'],
  ['{{.Name | upper}} {{lower "ABC"}} {{title "hello world"}}', '/ONE abc Hello World'],
  ['{{join .Config.Cmd ","}} {{split .Name "/"}}', 'sleep,1000 [ one]'],
  ['{{index (split "a-b" "-") 0}}', 'a'],
  ['{{println .Name .State.Pid}}x', '/one 4178\nx'],
  ['{{printf "%s-%d-%v-%q" "n" 3 true "a"}}', 'n-3-true-"a"'],
  ['{{printf "%5s-%-5s|%x %.2f %t %%" "r" "l" "hi" 1.5 true}}', '    r-l    |6869 1.50 true %'],
  ['{{print 1 2 "a" "b" 3}}', '1 2ab3'],
  ['{{eq .State.Status "a" "running"}} {{ne 1 2}}', 'true true'],
  ['{{lt 1 2}} {{ge 2 2}} {{gt "b" "a"}}', 'true true true'],
  ['{{and 1 0}} {{or 0 "x"}} {{not true}} {{and true .Name}}', '0 x false /one'],
  ['a  {{- .Name -}}  b {{/* a comment */}}c', 'a/oneb c'],
  ['{{$x := "a"}}{{$x = "b"}}{{$x}}', 'b'],
  ['{{`raw\\n`}} {{"a\\tb"}} \\t', 'raw\\n a\tb \\t'],
  ['{{json .State.Running}} {{json .Config.Cmd}} {{json .Name}}', 'true ["sleep","1000"] "/one"'],
  ['{{(index .NetworkSettings.Networks "none").IPPrefixLen}}', '0'],
  ['{{slice .Name 1}} {{slice .Name 1 3}} {{truncate .Id 3}} {{pad "x" 1 2}}|', 'one on 122  x  |'],
  ['{{html "<a>"}} {{true}} {{1.5}} {{-3}}', '&lt;a&gt; true 1.5 -3'],
]

describe('a template prints what Docker prints', () => {
  test.for(same)('%s', ([template, text]) => {
    expect(printed(template)).toBe(text)
  })
})

/** A server that says of every container what `data` has; the client does the formatting. */
function engine(): { socket: string; server: Server } {
  const socket = join(scratch(), 'engine.sock')
  const server = createServer(({ url = '' }, response) => {
    response.setHeader('API-Version', '1.41')
    response.setHeader('Content-Type', 'application/json')
    response.end(url.includes('/containers/') ? JSON.stringify(data) : 'OK')
  })
  onTestFinished(() => void server.close())
  return { socket, server: server.listen(socket) }
}

test('the docker client prints the same', async (context) => {
  needs(context, 'docker')
  const { socket, server } = engine()
  await once(server, 'listening')
  const docker = (template: string) =>
    promisify(execFile)('docker', ['-H', `unix://${socket}`, 'inspect', '-f', template, 'one'])
  for (const [template, text] of same) {
    const { stdout } = await docker(template)
    expect([template, stdout]).toEqual([template, `${text}\n`])
  }
}, 60_000)

/** A mistake, and what has to be said of it. */
const mistakes: [template: string, says: RegExp][] = [
  ['{{.Name', /unclosed action at {{\.Name/],
  ['{{if .Name}}', /{{if}} without {{end}}/],
  ['x{{end}}', /1:3: unexpected {{end}}/],
  ['{{}}', /missing value for command/],
  ['{{foo .Name}}', /1:2: function "foo" not defined/],
  ['{{.Nmae}}', /1:2: at <\.Nmae>: no field Nmae; did you mean Name\?/],
  ['{{.State.Nope}}', /at <\.State\.Nope>: no field Nope; have: Status, Running/],
  ['{{index .Config.Cmd 7}}', /index out of range: 7/],
  ['{{range .Name}}{{end}}', /can't iterate over \/one/],
  ['{{eq 1 "a"}}', /incompatible types for comparison/],
  ['{{$x}}', /undefined variable \$x/],
]

describe('a mistake in a template is named, with its place', () => {
  test.for(mistakes)('%s', ([template, says]) => {
    expect(() => printed(template)).toThrow(says)
  })
})

test('a foreign word in the data is written out, however it is reached', () => {
  const hostile = 'a\x1b[2Jb\nspoof'
  const foreign = { Name: hostile, List: [hostile], Labels: { [hostile]: hostile } }
  for (const template of ['{{.Name}}', '{{.List}}', '{{range .List}}{{.}}{{end}}', '{{.Labels}}'])
    expect(printed(template, foreign)).not.toMatch(/\x1b|\n/)
  for (const action of ['index .List 0', 'json .', 'join .List ","', 'println .Name'])
    expect(printed(`{{${action}}}`, foreign).trimEnd()).not.toMatch(/\x1b|\n/)
  expect(JSON.parse(printed('{{json .}}', foreign))).toEqual(foreign)
})
