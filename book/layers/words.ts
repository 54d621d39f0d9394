/** The words of the explorer of layers, in both languages. */
import { fill } from '../walk/words.ts'

const english = {
  title: 'The layers of a container',
  how: 'How they were made',
  merged: 'The tree that the container sees',
  only: 'only what differs from the lowest layer',
  choose: 'Choose a path',
  path: 'Path',
  sees: 'The container sees',
  rest: '{n} further paths are in {layer} alone.',
  upper: 'the write layer',
  init: 'the container-init layer',
  image: 'image layer {n}',
  fold: 'Fold and unfold',
  whiteout: 'whiteout',
  opaque: 'opaque',
  directory: 'directory',
  file: 'file',
  link: 'link',
  device: 'device',
  bytes: '{n} bytes',
  nothing: 'nothing',
  seen: 'seen',
  hidden: 'hidden',
  fromOne: 'The container sees what is in {layer}.',
  fromSeveral: 'A directory that is merged from {layer}.',
  gone: 'The container does not see this path.',
  unseen: 'not seen',
  byFile: 'The one in {layer} is hidden: the file in {by} lies above it.',
  byWhiteout: 'The one in {layer} is still there. A whiteout in {by}, a device 0:0, hides it.',
  byOpaque: 'The one in {layer} is still there. An opaque directory in {by} hides what is below.',
}

export type LayerWords = typeof english

const chinese: LayerWords = {
  title: '一个容器的各层',
  how: '制作过程',
  merged: '容器看到的目录树',
  only: '只看与最底层不同的部分',
  choose: '选一个路径',
  path: '路径',
  sees: '容器看到',
  rest: '另有 {n} 个路径只出现在{layer}里。',
  upper: '可写层',
  init: '容器初始化层',
  image: '镜像第 {n} 层',
  fold: '折叠或展开',
  whiteout: '白障',
  opaque: '不透明',
  directory: '目录',
  file: '文件',
  link: '链接',
  device: '设备',
  bytes: '{n} 字节',
  nothing: '没有',
  seen: '可见',
  hidden: '被遮住',
  fromOne: '容器看到{layer}里的内容。',
  fromSeveral: '这个目录由{layer}合并而成。',
  gone: '容器看不到这个路径。',
  unseen: '看不到',
  byFile: '{layer}里的被遮住：{by}里有同名文件压在上面。',
  byWhiteout: '{layer}里的还在，只是被{by}里的白障（设备 0:0）从视图中删去。',
  byOpaque: '{layer}里的还在，只是被{by}里的不透明目录整个遮住。',
}

/** The words of a language, by its tag: `en`, `zh`. */
export function layerWords(tag: string): LayerWords {
  return tag.startsWith('zh') ? chinese : english
}

/** A layer as it is called; those of the image are numbered from the base. */
export function layerName(at: number, names: string[], words: LayerWords): string {
  const name = names[at]
  if (name === 'upper' || name === 'init') return words[name]
  return fill(words.image, { n: names.length - at })
}
