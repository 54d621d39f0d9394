/** The flags that come before the command. */
import type { Flag } from '../command-line.ts'

export const globalFlags: Flag[] = [
  { long: 'root', value: 'DIR', text: 'where images and containers are kept' },
  { long: 'chapter', value: 'N', text: 'the program as it stood at the end of chapter N' },
  { long: 'lab', value: 'DIR', text: 'with what is written in that workspace (stepbox lab)' },
  { long: 'lang', value: 'en|zh', text: 'the language, if not that of LANG' },
  { long: 'help', text: 'this help' },
  { long: 'version', text: 'the version' },
]
