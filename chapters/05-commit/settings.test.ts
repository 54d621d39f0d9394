/** Tests: what an image's config can ask for, and what is refused when the image is used. */
import { describe, expect, test } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { putImage, putIndex } from './handmade.ts'

/** A store with `bad:v1`, which has this config, and another image. */
function rootWithConfig(config: object): string {
  const root = scratch()
  const images = { 'bad:v1': { config: { config } }, 'app:v1': {} }
  const made = Object.entries(images).map(([name, wrong]) => {
    return [name, putImage(root, { tars: [], ...wrong })] as const
  })
  putIndex(root, Object.fromEntries(made))
  return root
}

const refused: [what: string, config: object, why: string][] = [
  ['a NUL in its Env', { Env: ['A=\0'] }, 'its Env has a NUL byte'],
  ['a NUL in its Cmd', { Cmd: ['sh', '\0'] }, 'its Cmd has a NUL byte'],
  ['a NUL in its Entrypoint', { Entrypoint: ['\0'] }, 'its Entrypoint has a NUL byte'],
  ['a NUL in its User', { User: '0\0' }, 'its User has a NUL byte'],
  ['a NUL in its WorkingDir', { WorkingDir: '/\0' }, 'its WorkingDir has a NUL byte'],
  ['a user of a megabyte', { User: '1'.repeat(2 ** 20) }, 'has 1048576 bytes; at most 513'],
  ['a variable of a megabyte', { Env: [`A=${'x'.repeat(2 ** 20)}`] }, 'at most 131071'],
  ['too many arguments', { Cmd: Array(30_000).fill('x'.repeat(100)) }, 'its Cmd makes a command'],
  ['too many variables', { Env: Array(30).fill(`A=${'x'.repeat(100_000)}`) }, 'its Env makes a'],
  ['a directory of a megabyte', { WorkingDir: '/a'.repeat(2 ** 19) }, 'at most 4095'],
  ['a directory beyond PATH_MAX', { WorkingDir: '/a'.repeat(2048) }, '4096 bytes; at most 4095'],
  ['a directory in two-byte letters', { WorkingDir: '/ä'.repeat(1366) }, '4098 bytes; at most'],
  ['a name beyond NAME_MAX', { WorkingDir: `/${'a'.repeat(256)}` }, 'has a name of more than 255'],
  ['a check that is a word', { Healthcheck: 'true' }, 'its Healthcheck is string'],
  ['a check of numbers', { Healthcheck: { Test: ['CMD', 5] } }, 'has no list of words as its Test'],
  ['a NUL in its check', { Healthcheck: { Test: ['CMD', '\0'] } }, 'its Healthcheck has a NUL'],
  ['an interval below 0', { Healthcheck: { Interval: -1 } }, 'no number from 0 on as its Interval'],
  ['a relative directory', { WorkingDir: 'srv' }, "its WorkingDir does not begin with /: 'srv'"],
]

describe('an image with', () => {
  test.each(refused)('%s is listed, and refused in one line when it is used', async (...given) => {
    const [, config, why] = given
    const root = rootWithConfig(config)
    expect(listImages(root)).toMatchObject({ images: [{}, {}], damaged: [] })
    const use = imageFor(root, 'bad:v1', 'layers')
    await expect(use).rejects.toThrow(/^image 'bad:v1' cannot be used: its \w+ [^\n]{1,200}$/)
    await expect(use).rejects.toThrow(why)
  })

  test('a directory of 4,095 bytes and a variable of 128 KiB can be used', async () => {
    const [WorkingDir, variable] = [`/${'a/'.repeat(2047)}`, `A=${'x'.repeat(131_069)}`]
    const root = rootWithConfig({ WorkingDir, Env: [variable] })
    const { settings } = await imageFor(root, 'bad:v1', 'layers')
    expect(settings).toMatchObject({ WorkingDir, Env: [variable] })
  })
})

describe('a variable that an image names and gives no value', () => {
  const root = () => rootWithConfig({ Cmd: ['env'], Env: ['SECRET', 'PATH', '=x', 'A=1'] })
  const env = { SECRET: 'borrowed', A: 'borrowed' }

  test("is not filled from the caller's environment", async (context) => {
    needs(context, 'root')
    const setting = { root: root(), env }
    const { out } = await stepbox(['plan', '--format', 'json', 'bad:v1'], setting)
    expect(out).toContain('"A=1"')
    expect(out).not.toMatch(/SECRET|borrowed/)
    expect(out).toContain('"PATH=/usr/local/sbin:')
  })

  test('is filled if the command line asks for it', async (context) => {
    needs(context, 'root')
    const setting = { root: root(), env }
    const { out } = await stepbox(['plan', '--format', 'json', '-e', 'SECRET', 'bad:v1'], setting)
    expect(out).toContain('"SECRET=borrowed"')
  })
})
