/** Benchmark. The contests about layers: made from what a container wrote, and unpacked. */
import { join } from 'node:path'
import { $ } from 'zx'
import { unpackTo } from '../runtime/05-commit/layer/unpack-blob.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { execute, program, rootIn, type Contest } from './contests.ts'

/** A layer from what a container wrote, against the three programs that do the work. */
export async function* commits(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'commit')
  await $`${program} --root ${root} run --name=full busybox true`
  const printed = await $`${program} --root ${root} inspect full`.json<[{ id: string }]>()
  const upper = join(root, 'containers', printed[0].id, 'upper')
  const trees = ['typescript', '@rolldown'].map((name) => `node_modules/${name}`)
  await $({ cwd: join(import.meta.dirname, '..') })`cp -r --parents -L ${trees} ${upper}`
  const pipes = `tar -C ${upper} -cf - . | tee >(sha256sum >${dir}/sum) | gzip -6 >${dir}/tar.gz`
  yield {
    what: 'commit of 50 MB',
    ours: () => execute(program, '--root', root, 'commit', 'full', 'again'),
    theirs: [{ name: 'tar | sha256sum | gzip -6', run: () => execute('bash', '-c', pipes) }],
    budget: 1.5,
    share: 0.15,
  }
  yield* smallFiles(dir)
}

/** 10,000 files of about 2 KB as a layer, and back; both sides sync what they unpack, or do not. */
async function* smallFiles(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'small')
  const script = 'for d in $(seq 100); do mkdir /s$d; for f in $(seq 100); do dd if=/dev/urandom'
  const files = `${script} of=/s$d/$f bs=2k count=1 2>/dev/null; done; done`
  await $`${program} --root ${root} run --name=full busybox sh -c ${files}`
  const printed = await $`${program} --root ${root} inspect full`.json<[{ id: string }]>()
  const upper = join(root, 'containers', printed[0].id, 'upper')
  const pipes = `tar -C ${upper} -cf - . | tee >(sha256sum >${dir}/sum) | gzip -6 >${dir}/small.gz`
  yield {
    what: 'commit of 10,000 files',
    ours: () => execute(program, '--root', root, 'commit', 'full', 'again'),
    theirs: [{ name: 'tar | sha256sum | gzip -6', run: () => execute('bash', '-c', pipes) }],
    budget: 1.5,
    share: 0.15,
  }
  const image = resolve(root, 'again')
  const [layer] = image.layers.slice(-1)
  if (!layer) return
  let count = 0
  const theirs = 'mkdir $1 && tar -C $1 -xzpf $2 && sync -f $1'
  const blob = join(root, 'blobs/sha256', layer.digest.slice(7))
  yield {
    what: 'unpack of 10,000 files',
    ours: () => unpackTo(root, { image, layer }, join(root, `ours-${count++}`)),
    theirs: [
      {
        name: 'tar -xzp, sync',
        run: () => execute('sh', '-c', theirs, 'sh', join(root, `theirs-${count++}`), blob),
      },
    ],
    budget: 2,
    share: 0.15,
  }
}
