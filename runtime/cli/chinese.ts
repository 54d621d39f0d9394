/** The Chinese of the program: the catalogues of all its folders. */
import container from '../container/zh.json' with { type: 'json' }
import emit from '../lab/emit/zh.json' with { type: 'json' }
import grade from '../lab/grade/zh.json' with { type: 'json' }
import lab from '../lab/zh.json' with { type: 'json' }
import type { Catalogue } from '../sentence.ts'
import tools from '../tools/zh.json' with { type: 'json' }
import vm from '../vm/zh.json' with { type: 'json' }
import spine from '../zh.json' with { type: 'json' }
import labCommands from './lab/zh.json' with { type: 'json' }
import { translator, type Translate } from './translator.ts'
import own from './zh.json' with { type: 'json' }

/** The Chinese of finished sentences; `chapters` are the catalogues of the chapters, in order. */
export function chineseOf(chapters: Catalogue[]): Translate {
  const ofLab = [lab, grade, emit, labCommands]
  return translator([spine, container, tools, vm, ...ofLab, own, ...chapters])
}
