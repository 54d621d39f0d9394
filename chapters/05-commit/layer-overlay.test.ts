/** Tests: what a real overlay holds, as an archive. */
import { describe, expect, test, type TestContext } from 'vitest'
import { layerTar } from '../../runtime/05-commit/layer/layer.ts'
import { perform } from '../../runtime/native.ts'
import type { Call } from '../../runtime/calls.ts'
import { tarEnd } from '../../runtime/05-commit/tar/write.ts'
import { opaqueMark } from '../../runtime/04-overlay/stack.ts'
import { steps } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { change, facts, gathered, layOutEmpty, sha256 } from '../../test/trees.ts'
import { unpackLayer } from '../../runtime/05-commit/layer/unpack.ts'
import { entries, list, shell } from './listing.ts'

describe('on a real overlay', () => {
  test('what was added, changed, deleted and replaced is in the archive', async (context) => {
    needs(context, 'root')
    const { dir, stack } = layOutEmpty(2)
    shell(`${dir}/lower1`, 'mkdir -p etc gone/deep swapped; touch etc/passwd file gone/deep/x kept')
    shell(`${dir}/lower0`, 'mkdir -p swapped; touch swapped/old')
    await change(
      dir,
      `echo new > added; rm file; rm -r gone; echo x >> etc/passwd
       rm -r swapped; mkdir swapped; touch swapped/new
       mkdir -p fresh/sub; touch fresh/a; rm fresh/a`,
    )
    expect(await list(stack)).toEqual([
      'added',
      'etc/',
      'etc/passwd',
      '.wh.file',
      'fresh/',
      'fresh/sub/',
      '.wh.gone',
      'swapped/',
      'swapped/.wh..wh..opq',
      'swapped/new',
    ])
  })

  test('where nothing happened, the archive has no entry', async (context) => {
    needs(context, 'root')
    const { dir, stack } = layOutEmpty(1)
    await change(dir, 'touch a; rm a')
    expect(await gathered(layerTar(stack))).toEqual(tarEnd)
  })

  describe('mode and owner of the root', () => {
    test('are in the archive when the container changed them', async (context) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(1)
      await change(dir, 'chmod 700 .; chown 5:6 .')
      const [root, ...others] = await entries(stack)
      expect(root).toMatchObject({ path: '.', type: 'directory', mode: 0o700, uid: 5, gid: 6 })
      expect(others).toEqual([])
      await change(dir, 'touch x')
      expect(await list(stack)).toEqual(['./', 'x'])
    })

    test('are not when only a name in it was made, or nothing', async (context) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(1)
      await change(dir, 'touch x; chmod 700 .; chmod 755 .')
      expect(await list(stack)).toEqual(['x'])
    })

    test('stay those of the image in each layer above it', async (context) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(1)
      shell(dir, 'chmod 1711 lower0 upper')
      expect(await gathered(layerTar(stack))).toEqual(tarEnd)
      await change(dir, 'touch x')
      expect(await list(stack)).toEqual(['./', 'x'])
    })

    test('are what a container of the new image has', async (context) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(1)
      await change(dir, 'chmod 700 .')
      const { dir: second } = layOutEmpty(1)
      await unpackLayer(layerTar(stack), `${second}/lower0`)
      expect((await facts(`${second}/lower0`))[0]).toMatch(/^"\." 40700 0 0 /)
    })
  })

  test('the same changes in another order, place and time give the same bytes', async (context) => {
    needs(context, 'root', 'gnu-touch')
    const once = async (script: string) => {
      const { dir, stack } = layOutEmpty(1)
      shell(`${dir}/lower0`, 'mkdir -p a gone; touch a/old')
      await change(dir, `${script}; find . -exec touch -h -d @1000000000.123456789 {} +`)
      return sha256(await gathered(layerTar(stack)))
    }
    const rest = 'rm -r gone; rm -r a; mkdir a; mkfifo p; ln -s x s'
    const first = await once(`for i in 1 2 3 30 4; do echo $i > $i; done; ln 3 hard; ${rest}`)
    const second = await once(
      `${rest}; for i in 30 4 2 1; do echo $i > $i; done; echo 3 > hard; ln hard 3`,
    )
    expect(second).toBe(first)
  })

  describe('of the container-init layer nothing is committed', () => {
    const stackWithInit = (context: TestContext) => {
      needs(context, 'root')
      const { dir, stack } = layOutEmpty(1)
      shell(`${dir}/lower0`, 'mkdir -p etc/ssl; touch etc/hosts etc/ssl/key')
      shell(`${dir}/init`, 'mkdir -p etc proc run; echo box > etc/hostname; touch etc/hosts')
      return { dir, stack }
    }

    test('not when its files were written to, replaced or deleted', async (context) => {
      const { dir, stack } = stackWithInit(context)
      await change(
        dir,
        'echo x >> etc/hosts; rm etc/hostname; mkdir etc/hostname; touch etc/hostname/x',
      )
      expect(await list(stack)).toEqual([])
    })

    test('not the directories to mount on, unless something was put into them', async (context) => {
      const { dir, stack } = stackWithInit(context)
      await change(dir, 'touch proc/x; rm proc/x; chmod 700 run')
      expect(await list(stack)).toEqual([])
      await change(dir, 'mkdir run/deep; touch run/deep/x')
      expect(await list(stack)).toEqual(['run/', 'run/deep/', 'run/deep/x'])
    })

    test('but what lies beside its files is', async (context) => {
      const { dir, stack } = stackWithInit(context)
      await change(dir, 'touch etc/new; echo x >> etc/hosts; rm etc/ssl/key')
      expect(await list(stack)).toEqual(['etc/', 'etc/new', 'etc/ssl/', 'etc/ssl/.wh.key'])
    })

    test('and so is a directory of the image, when it was changed itself', async (context) => {
      const { dir, stack } = stackWithInit(context)
      await change(dir, 'chmod 711 etc')
      expect(await list(stack)).toEqual(['etc/'])
    })

    test('and its deletion, or another in its place', async (context) => {
      const { dir, stack } = stackWithInit(context)
      await change(dir, 'rm -r etc')
      expect(await list(stack)).toEqual(['.wh.etc'])
      await change(dir, 'mkdir etc; touch etc/hosts etc/mine')
      expect(await list(stack)).toEqual(['etc/', 'etc/.wh..wh..opq', 'etc/mine'])
    })
  })
})

describe('a whiteout', () => {
  test('is an empty file of nobody and of no time', async (context) => {
    needs(context, 'root')
    const { dir, stack } = layOutEmpty(1)
    shell(`${dir}/lower0`, 'mkdir d; touch d/gone')
    await change(dir, 'rm d/gone')
    const found = (await entries(stack)).find(({ path }) => path === 'd/.wh.gone')
    const nobodys = { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n, xattrs: [] }
    expect(found).toMatchObject({ type: 'file', ...nobodys })
  })

  test('of what no layer shows is left out', async (context) => {
    needs(context, 'root')
    const { dir, stack } = layOutEmpty(3)
    shell(`${dir}/lower2`, 'mkdir hidden masked; touch hidden/x masked/x deleted')
    shell(`${dir}/lower1`, 'mkdir hidden; touch masked')
    shell(`${dir}/lower0`, 'mkdir hidden masked; touch hidden/y masked/y')
    shell(stack.upper, 'mkdir hidden masked')
    const whiteouts = ['nowhere', 'deleted', 'hidden/x', 'hidden/y', 'masked/x', 'masked/y']
    await perform(
      steps(
        ['mknod', `${dir}/lower0/deleted`, 'S_IFCHR', 0, 0, 0],
        ['lsetxattr', `${dir}/lower1/hidden`, opaqueMark, Buffer.from('y')],
        ...whiteouts.map((name): Call => ['mknod', `${stack.upper}/${name}`, 'S_IFCHR', 0, 0, 0]),
      ),
    )
    const marks = (await list(stack)).filter((name) => name.includes('.wh.'))
    expect(marks).toEqual(['hidden/.wh.y', 'masked/.wh.y'])
  })

  test('of a directory is written only where a layer has the directory', async (context) => {
    needs(context, 'root')
    const { dir, stack } = layOutEmpty(1)
    shell(`${dir}/lower0`, 'mkdir -p both/in; touch file')
    shell(stack.upper, 'mkdir -p both/in new file')
    await perform(
      steps(
        ...['both', 'both/in', 'new', 'file'].map((name): Call => [
          'lsetxattr',
          `${stack.upper}/${name}`,
          opaqueMark,
          Buffer.from('y'),
        ]),
      ),
    )
    expect(await list(stack)).toEqual(['both/', 'both/.wh..wh..opq', 'both/in/', 'file/', 'new/'])
  })
})
