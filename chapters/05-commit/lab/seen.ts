/** What is wrong with a layer, and what that means: one function for each kind of change. */
import type { LayerEntry, UpperFact } from '../../../runtime/05-commit/layer/entries.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { listed, type Layered } from './layered.ts'

const noLayer = {
  means: sentence('the layer is empty: the image would be the same as before'),
  hint: sentence('begin with one entry for each fact; the fields have the same names in both'),
}

/** What was added and changed, with all its attributes. */
export function seeChanges(facts: UpperFact[], found: LayerEntry[]): Seen | undefined {
  const paths = found.map(({ path }) => path)
  const expected = sentence('entries for {paths}', { paths: listed(facts.map(({ path }) => path)) })
  if (found.length === 0) return { expected, saw: sentence('no entry at all'), ...noLayer }
  const extra = paths.find((path, at) => !isExpected(path, facts) || paths.indexOf(path) < at)
  if (extra !== undefined)
    return {
      expected,
      saw: sentence('one more entry: {path}', { path: extra }),
      means: sentence('the container made nothing of that name, or it is in the layer twice'),
      hint: sentence('how many entries does your function give for one fact?'),
    }
  for (const fact of facts) {
    const entry = found.find(({ path }) => path === fact.path)
    if (!entry) return missing(fact, expected)
    const wrong = differing(fact, entry)
    if (wrong) return wrong
  }
  return undefined
}

function isExpected(path: string, facts: UpperFact[]): boolean {
  return path.endsWith('/.wh..wh..opq') || facts.some((fact) => fact.path === path)
}

function missing({ path, type }: UpperFact, expected: Seen['expected']): Seen {
  const saw = sentence('no entry for {path}', { path })
  if (type !== 'directory')
    return {
      expected,
      saw,
      means: sentence('the container wrote it, and the image will not have it'),
      hint: sentence('which facts does your function leave out, and by which test?'),
    }
  return {
    expected,
    saw,
    means: sentence(
      'what unpacks the layer has to invent that directory: owned by root, with mode 755',
    ),
    hint: sentence('a directory has an owner, a mode and a time, even if only its content is new'),
  }
}

const compared = ['type', 'mode', 'uid', 'gid', 'size', 'mtimeNs', 'target'] as const

/** The first field in which an entry says something else than the fact. */
function differing(fact: UpperFact, entry: LayerEntry): Seen | undefined {
  const { path } = fact
  const field = compared.find((each) => fact[each] !== entry[each])
  if (!field) return undefined
  const shown = (value: string | number) => (field === 'mode' ? value.toString(8) : value || "''")
  const [wanted, value] = [shown(fact[field]), shown(entry[field])]
  return {
    expected: sentence('the entry of {path} with {field} {wanted}', { path, field, wanted }),
    saw: sentence('{field} is {value}', { field, value }),
    means: sentence('the file would not come back as the container left it'),
    hint: sentence('the facts have each field of an entry, under the same name'),
  }
}

/** What is wrong with the entries for deleted names; a link first, because it explains itself. */
export function seeWhiteouts(deleted: UpperFact[], found: LayerEntry[]): Seen | undefined {
  const isLink = ({ path }: UpperFact) =>
    found.some((each) => each.path === path && each.type === 'hardlink')
  const inOrder = [...deleted.filter(isLink), ...deleted.filter((each) => !isLink(each))]
  return inOrder.map((fact) => seeWhiteout(fact, found)).find((each) => each !== undefined)
}

function seeWhiteout({ path }: UpperFact, found: LayerEntry[]): Seen | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const mark = path.slice(0, -name.length) + `.wh.${name}`
  const expected = sentence('an empty file {mark}', { mark })
  const entry = found.find((each) => each.path === mark)
  if (entry?.type === 'file' && entry.size === 0) return undefined
  if (entry) {
    const { type, size } = entry
    return {
      expected,
      saw: sentence('{mark} is there, of type {type} and with {size} bytes', { mark, type, size }),
      means: sentence('other programs look for an empty regular file'),
      hint: sentence('what a whiteout is on this disk is not what it is in an archive'),
    }
  }
  const same = found.find((each) => each.path === path)
  if (same?.type === 'hardlink')
    return {
      expected,
      saw: sentence('{path} is a hard link to {target}', { path, target: same.target }),
      means: sentence('overlayfs makes all its whiteouts names of one file, to save inodes'),
      hint: sentence(
        'what do you ask first about a name: is it deleted, or does its file have other names?',
      ),
    }
  if (same)
    return {
      expected,
      saw: sentence('an entry {path} of type {type}', { path, type: same.type }),
      means: sentence(
        'a device 0:0 is the mark on this disk; in an archive, other programs refuse it',
      ),
      hint: sentence('OCI image-spec, layer.md, "Whiteouts": how is a deleted name written there?'),
    }
  const near = found.find((each) => each.path.includes('.wh') && each.path.includes(name))
  if (near)
    return {
      expected,
      saw: sentence('{path} instead', { path: near.path }),
      means: sentence('that deletes another name, or none: the prefix belongs to the last name'),
      hint: sentence('a whiteout lies in the directory of what it deletes'),
    }
  return {
    expected,
    saw: sentence('nothing of it in {paths}', { paths: listed(found.map((each) => each.path)) }),
    means: sentence('on top of the image, {path} is back: a layer only adds', { path }),
    hint: sentence('how does an archive, which is only files, say that there is no file?'),
  }
}

/** Of /var, in which the image has a directory tmp. */
export function seeOpaque(found: LayerEntry[]): Seen | undefined {
  const has = (path: string) => found.some((each) => each.path === path && each.type !== 'symlink')
  const expected = sentence('the directory var, a file in it that makes it opaque, and var/new')
  const paths = listed(found.map(({ path }) => path))
  if (found.length === 0) return { expected, saw: sentence('no entry at all'), ...noLayer }
  const seen = { expected, saw: sentence('{paths}', { paths }) }
  if (!has('var') || !has('var/new'))
    return {
      ...seen,
      means: sentence('the mark stands for what is hidden, not for the directory and its content'),
      hint: sentence('an opaque directory has two entries'),
    }
  if (has('var/.wh..wh..opq') || has('.wh.var')) return undefined
  const near = found.find(({ path }) => /\.wh|opq/.test(path))
  if (near)
    return {
      ...seen,
      means: sentence('no reader knows the mark {path}', { path: near.path }),
      hint: sentence('OCI image-spec, layer.md, "Opaque Whiteout": the name has two .wh. in it'),
    }
  return {
    ...seen,
    means: sentence('the image has var/tmp, and it shows through the new directory again'),
    hint: sentence('which field of a fact says that a directory was made anew?'),
  }
}

/** Of one file with three names; the first in the archive has the content. */
export function seeLinks(facts: UpperFact[], found: LayerEntry[]): Seen | undefined {
  const names = facts.filter(({ type, links }) => type === 'file' && links > 1)
  const paths = names.map(({ path }) => path)
  const [first = ''] = paths
  const expected = sentence('one file, {first}, and two hard links to it', { first })
  const own = found.filter(({ path }) => paths.includes(path))
  const saw = sentence('{own}', { own: own.map(({ path, type }) => `${path}: ${type}`).join(', ') })
  if (own.length < names.length)
    return {
      expected,
      saw: sentence('entries for {count} of its {names} names', {
        count: own.length,
        names: names.length,
      }),
      means: sentence('a name that has no entry is not in the image'),
      hint: sentence('every name has an entry; only the content is in one of them alone'),
    }
  const files = own.filter(({ type }) => type === 'file')
  if (files.length > 1)
    return {
      expected,
      saw,
      means: sentence('what was one file becomes {n} files, each with the content', {
        n: files.length,
      }),
      hint: sentence('names of one file have the same inode number: which of them came first?'),
    }
  return seeTargets(own, { expected, saw })
}

function seeTargets(own: LayerEntry[], seen: Pick<Seen, 'expected' | 'saw'>): Seen | undefined {
  const content = own.findIndex(({ type }) => type === 'file')
  for (const [at, { path, type, target, size }] of own.entries()) {
    if (type !== 'hardlink') continue
    const before = own.slice(0, at).some((each) => each.path === target)
    if (content < 0 || !before)
      return {
        ...seen,
        saw: sentence('{path} is a hard link to {target}', { path, target: target || "''" }),
        means: sentence('no entry of that name comes before: a reader has nothing to link to'),
        hint: sentence('an archive is read from front to back: which name can have the content?'),
      }
    if (size > 0)
      return {
        ...seen,
        saw: sentence('{path} is a hard link of {size} bytes', { path, size }),
        means: sentence('a reader would take the next header for the content of this file'),
        hint: sentence('which fields of a link are not those of the file?'),
      }
  }
  return undefined
}

/** What the container-init layer has must not be in the layer. */
export function seeInit(facts: UpperFact[], found: LayerEntry[]): Seen | undefined {
  const init = facts.filter(({ isInit }) => isInit)
  const committed = init.find((fact) => found.some(({ path }) => path === fact.path))
  if (!committed) return undefined
  const { path, type } = committed
  return {
    expected: sentence('no entry for {paths}', { paths: listed(init.map((each) => each.path)) }),
    saw: sentence('an entry for {path}', { path }),
    means:
      type === 'directory'
        ? sentence('the container changed nothing in it: it is a mount point, or was made for one')
        : sentence('every container of the image would begin with the name of this one'),
    hint: sentence(
      'which field of a fact tells what was made for the container from what it made?',
    ),
  }
}

/** What lies beside a file of the init layer is the container's. */
export function seeBeside({ entries: found }: Layered, file: string): Seen | undefined {
  const wanted = ['etc', file.slice(1)]
  const paths = found.map(({ path }) => path)
  const lost = wanted.find((path) => !paths.includes(path))
  if (lost === undefined) return undefined
  return {
    expected: sentence('entries for {paths}', { paths: listed(wanted) }),
    saw: sentence('no entry for {path}', { path: lost }),
    means: sentence('what the container made beside such a file is its own, and is lost'),
    hint: sentence('go by the fact of each name, not by the directory that it is in'),
  }
}
