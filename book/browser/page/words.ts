/** What the scripts say, in the language of the page. */
const english = {
  auto: 'automatic',
  light: 'light',
  dark: 'dark',
  copy: 'Copy',
  copied: 'Copied',
  search: 'Search',
  nothing: 'Nothing found',
  found: 'found',
  keys: 'Keys',
  keysOn: 'Keys of one letter work',
  toSearch: 'search (Ctrl+K works, too)',
  toKeys: 'these keys',
  toNext: 'next chapter',
  toPrevious: 'previous chapter',
  toTheme: 'theme: automatic, light, dark',
  toTerminal: 'terminal: open, close',
  close: 'Close',
  goOn: 'Go on reading',
}

const chinese: typeof english = {
  auto: '自动',
  light: '浅色',
  dark: '深色',
  copy: '复制',
  copied: '已复制',
  search: '搜索',
  nothing: '没有找到',
  found: '条结果',
  keys: '按键',
  keysOn: '启用单键快捷键',
  toSearch: '搜索（Ctrl+K 也行）',
  toKeys: '显示这张表',
  toNext: '下一章',
  toPrevious: '上一章',
  toTheme: '配色：自动、浅色、深色',
  toTerminal: '打开或关闭终端',
  close: '关闭',
  goOn: '继续阅读',
}

export function words(): typeof english {
  return document.documentElement.lang === 'zh' ? chinese : english
}
