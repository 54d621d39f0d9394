/** What the predictions of chapter 4 are about: what is done, and what becomes of it. */
import type { Bench, Finding, UpperFile } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

const file = 'chapters/04-overlay/lab/exercises.ts'

interface Prediction {
  symbol: string
  command: string
  path: string
  /** Why the write layer has that. */
  because: Sentence
}

const predictions: Prediction[] = [
  {
    symbol: 'afterReading',
    command: 'cat /etc/passwd > /dev/null',
    path: '/etc/passwd',
    because: sentence('a file is read where it lies; reading copies nothing'),
  },
  {
    symbol: 'afterChmod',
    command: 'chmod 600 /etc/group',
    path: '/etc/group',
    because: sentence('the mode is part of the file: it was copied up, whole, to be changed'),
  },
  {
    symbol: 'afterDeleting',
    command: 'rm /bin/vi',
    path: '/bin/vi',
    because: sentence('the layer below cannot lose the file: a mark in upper has to hide it'),
  },
  {
    symbol: 'afterBoth',
    command: 'touch /brief; rm /brief',
    path: '/brief',
    because: sentence('no layer below has that name, so there is nothing to hide'),
  },
  {
    symbol: 'afterWritingBelow',
    command: 'touch /root/notes',
    path: '/root',
    because: sentence('a name needs a directory to be in, and this one is merged with those below'),
  },
  {
    symbol: 'afterRemaking',
    command: 'rm -r /home; mkdir /home',
    path: '/home',
    because: sentence('the new directory must not show what the old one had in it'),
  },
]

/** Each prediction in turn. Nothing is tried, or told, before there is one. */
export async function predicted({ ask, run }: Bench): Promise<Finding | undefined> {
  for (const { symbol, command, path, because } of predictions) {
    const answer = String(await ask(file, symbol))
    if (answer === '')
      return {
        did: sentence('read {symbol} in exercises.ts', { symbol }),
        expected: sentence('a prediction: nothing, file, directory, opaque directory, whiteout'),
        saw: sentence('none yet'),
        means: sentence('it will be tried as soon as there is one'),
        hint: sentence('the comment above {symbol} says what is done', { symbol }),
      }
    const box = await run({ script: command, then: 'true', experiment: (list) => list })
    const found = (await box.disk?.upper())?.find((name) => name.path === path)
    const kind: UpperFile['kind'] | 'nothing' = found?.kind ?? 'nothing'
    if (kind === answer) continue
    return {
      did: sentence('ran {command} in a container, and looked into upper', { command }),
      expected: sentence('{answer} under {path}, as {symbol} predicts', { answer, path, symbol }),
      saw: sentence('{kind} under {path}', { kind, path }),
      means: because,
      hint: sentence('the chapter does the same: its sections By hand and What stays'),
    }
  }
  return undefined
}
