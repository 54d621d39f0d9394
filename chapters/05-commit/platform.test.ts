/** Tests: how a platform may be written, and which machine runs what. */
import { describe, expect, test } from 'vitest'
import { emulatorIn } from '../../runtime/05-commit/store/emulation.ts'
import { distance, machine, parsePlatform } from '../../runtime/05-commit/store/platform.ts'
import { platformText } from '../../runtime/05-commit/store/platform.ts'

describe('a platform', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['amd64', 'linux/amd64'],
    ['x86_64', 'linux/amd64'],
    ['LINUX/AMD64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['aarch64', 'linux/arm64'],
    ['arm', 'linux/arm/v7'],
    ['arm/v6', 'linux/arm/v6'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['armhf', 'linux/arm/v7'],
    ['armel', 'linux/arm/v6'],
    ['i386', 'linux/386'],
    ['linux', platformText(machine)],
    ['windows/amd64', 'windows/amd64'],
  ])('%s is %s, as in Docker', (text, meant) => {
    expect(platformText(parsePlatform(text))).toBe(meant)
  })

  test.each([
    ['foo', "invalid platform 'foo': unknown operating system or architecture"],
    ['foo/amd64', "invalid platform 'foo/amd64': unknown operating system 'foo'"],
    ['a/b/c/d', "invalid platform 'a/b/c/d': write it as OS/ARCH or OS/ARCH/VARIANT"],
    ['', "invalid platform '': write it as OS/ARCH"],
    ['linux/', "invalid platform 'linux/': write it as OS/ARCH"],
  ])('%j is refused in words', (text, why) => {
    expect(() => parsePlatform(text)).toThrow(why)
  })

  test.each([
    ['linux/amd64', 'linux/amd64', 0],
    ['linux/amd64/v2', 'linux/amd64/v3', 1],
    ['linux/amd64/v3', 'linux/amd64', undefined],
    ['linux/arm/v6', 'linux/arm/v7', 1],
    ['linux/arm64', 'linux/amd64', undefined],
    ['linux/ppc64le', 'linux/ppc64', undefined],
    ['windows/amd64', 'linux/amd64', undefined],
  ])('%s on %s has the distance %s', (made, wanted, far) => {
    expect(distance(parsePlatform(made), parsePlatform(wanted))).toBe(far)
  })

  test('of 32 bits comes last on a machine that has it too, the newest variant first', () => {
    const far = (made: string, wanted: string) =>
      distance(parsePlatform(made), parsePlatform(wanted)) ?? Infinity
    expect(far('linux/386', 'linux/amd64')).toBeGreaterThan(far('linux/amd64', 'linux/amd64/v4'))
    expect(far('linux/arm/v7', 'linux/arm64')).toBeLessThan(far('linux/arm/v6', 'linux/arm64'))
    expect(far('linux/amd64', 'linux/386')).toBe(Infinity)
  })
})

describe('an emulator', () => {
  const magic = (elf: string) => `7f454c46${elf}00000000000000000200b700`
  const entry = (more: object) => {
    const fields = { flags: 'OCF', magic: magic('02010100'), offset: 0, ...more }
    const { flags, offset } = fields
    const lines = ['enabled', 'interpreter /usr/bin/qemu', `flags: ${flags}`, `offset ${offset}`]
    return [...lines, `magic ${fields.magic}`, ''].join('\n')
  }

  test('is found by the architecture in the header that it is registered for', () => {
    expect(emulatorIn(entry({}), 183)).toBe('/usr/bin/qemu')
    expect(emulatorIn(entry({}), 62)).toBeUndefined()
    expect(emulatorIn(entry({ magic: `${magic('02020100').slice(0, 36)}0016` }), 22)).toBe(
      '/usr/bin/qemu',
    )
  })

  test('does not count if it is off, for other files, or not to be found from a container', () => {
    const wrong = [{ flags: 'OC' }, { offset: 3 }, { magic: '2321' }, { magic: '7f454c46' }]
    for (const each of wrong) expect(emulatorIn(entry(each), 183)).toBeUndefined()
    expect(emulatorIn(entry({}).replace('enabled', 'disabled'), 183)).toBeUndefined()
  })
})
