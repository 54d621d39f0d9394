/** Tests. Programs of the field ask a published port: curl one page, ab thousands at once. */
import { expect, test } from 'vitest'
import { needs } from '../../test/scratch.ts'
import { answered } from './calling.ts'
import { addresses, begunTown } from './town.ts'

const serve = 'echo hello > /index.html; exec httpd -f -p 8080 -h /'
const url = `http://${addresses.host}:8888/`

test('curl and ab are answered, before and after a restart', async (context) => {
  needs(context, 'curl', 'ab')
  const town = await begunTown(context)
  town.run('mytomcat', ['-p', '8888:8080'], 'sh', '-c', serve)
  await answered(town, '127.0.0.1:8888')
  const asks = (side: 'outside' | 'host', ...words: string[]) =>
    town.on(side, ['curl', '-s', '-S', '--max-time', '10', ...words])
  for (const at of [addresses.host, '127.0.0.1', '172.17.0.1'])
    expect(asks('host', `http://${at}:8888/`)).toMatchObject({ code: 0, out: 'hello\n' })
  expect(asks('outside', url)).toMatchObject({ code: 0, out: 'hello\n', err: '' })
  const { out } = town.on('outside', ['ab', '-q', '-n', '2000', '-c', '20', url])
  expect(out).toMatch(/^Complete requests: +2000\nFailed requests: +0$/m)
  town.stepbox('restart', '-t', '0', 'mytomcat')
  await answered(town, '127.0.0.1:8888')
  expect(asks('outside', url)).toMatchObject({ code: 0, out: 'hello\n' })
  town.stepbox('rm', '-f', 'mytomcat')
  expect(asks('outside', url)).toMatchObject({ code: 7 }) // refused, at once
}, 60_000)
