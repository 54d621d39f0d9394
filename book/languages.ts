/** The languages of the book: where their pages and texts are, and the words around the texts. */

const english = {
  skip: 'Skip to the text',
  contents: 'Contents',
  chapters: 'Chapters',
  beside: 'Beside the chapters',
  more: 'Second reading',
  walk: 'The recorded walk',
  code: 'All the code',
  previous: 'Previous',
  next: 'Next',
  search: 'Search',
  theme: 'Theme',
  keys: 'Keys',
  link: 'Link to this section',
  part: 'Part',
  minutes: 'min',
  back: 'Back to the text',
  lines: 'lines',
  shownIn: 'In the text:',
  codeSaid: 'What the text shows is linked; the rest of each module that it speaks of is here.',
  unlinked: 'Modules without a place in the text',
  unlinkedSaid: 'They belong to this chapter, too. The reason why its text leaves them out:',
  ownValue: 'Put in your own value for',
  stale: 'The English of this section has changed since it was translated.',
  missingTitle: 'There is no such page',
  missing: 'It may have another name now. The contents and the search know all pages.',
  print: 'All chapters on one page, to print',
  epub: 'As a book for readers (EPUB)',
  start: 'Begin',
}

export type Words = typeof english

/** The first page. */
const englishFirst = {
  build:
    'You will build a container runtime with the commands of Docker, in TypeScript, on a real ' +
    'Linux kernel. Every line is there for a reason, and you will leave each one out to see what ' +
    'breaks. You can stop before every call and look at what it changes.',
  calls: '{n} system calls',
  chapters: '{n} chapters',
  hours: 'about {n} hours',
  list: 'What you will build: this list',
  listSaid:
    'It starts a container with its own root, limits and layers. The colour says in which ' +
    'chapter a line arrives. Point at a line to see why it is there.',
  lines: '{n} lines',
  map: 'The chapters',
  added: 'adds {n} lines to the list, which then has {all}',
  unchanged: 'leaves the list of {all} lines as it is: it works on what the container wrote',
}

const chineseFirst: typeof englishFirst = {
  build:
    '你将用 TypeScript 在真正的 Linux 内核上写出一个容器运行时，命令和 Docker 一样。' +
    '清单里的每一行都有理由，每一行你都会亲手去掉一次，看看什么会坏。' +
    '每个调用之前都可以停下来，看清楚改变了什么。',
  calls: '{n} 个系统调用',
  chapters: '{n} 章',
  hours: '约 {n} 小时',
  list: '你要写的就是这张清单',
  listSaid:
    '照着做完，一个有自己的根、限制和层的容器就启动了。颜色表示每一行来自哪一章；' +
    '把鼠标停在某一行上，就能看到理由。',
  lines: '{n} 行',
  map: '各章',
  added: '添上 {n} 行，清单增至 {all} 行',
  unchanged: '清单不变，仍是 {all} 行：这一章处理容器写下的内容',
}

const chinese: Words = {
  skip: '跳到正文',
  contents: '目录',
  chapters: '各章',
  beside: '章节之外',
  more: '再读',
  walk: '单步执行的记录',
  code: '全部代码',
  previous: '上一页',
  next: '下一页',
  search: '搜索',
  theme: '配色',
  keys: '按键',
  link: '本节链接',
  part: '第',
  minutes: '分钟',
  back: '回到正文',
  lines: '行',
  shownIn: '正文已列出：',
  codeSaid: '正文列出的代码给出链接；正文讲到的每个模块，其余部分都在这里。',
  unlinked: '正文没有讲到的模块',
  unlinkedSaid: '这些模块也属于本章。正文不讲的理由：',
  ownValue: '请换成你自己的值：',
  stale: '本节英文在翻译之后又有改动。',
  missingTitle: '没有这个页面',
  missing: '页面可能改了名字，请从目录或搜索里找。',
  print: '全书一页，便于打印',
  epub: '电子书（EPUB）',
  start: '开始阅读',
}

export interface Language {
  tag: 'en' | 'zh'
  /** The folder of the pages. */
  dir: '' | 'zh/'
  /** What the file of a text is called: `README.md`. */
  text: string
  /** The end of the name of any other text: `.md`. */
  ending: string
  lead: string
  itself: string
  words: Words
  first: typeof englishFirst
}

export const languages: [Language, Language] = [
  {
    tag: 'en',
    dir: '',
    text: 'README.md',
    ending: '.md',
    lead: 'A container is a list of system calls. A chapter adds lines to the list.',
    itself: 'English',
    words: english,
    first: englishFirst,
  },
  {
    tag: 'zh',
    dir: 'zh/',
    text: 'README.zh.md',
    ending: '.zh.md',
    lead: '容器就是一张系统调用的清单，每一章往清单里添上几行。',
    itself: '中文',
    words: chinese,
    first: chineseFirst,
  },
]

export function otherThan(language: Language): Language {
  return language.tag === 'en' ? languages[1] : languages[0]
}
