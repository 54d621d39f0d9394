/** Chapter 5, for the lab: what a container wrote, as a layer. */
import type { ChapterLab } from '../../../runtime/chapter-lab.ts'
import { findingsZh } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { entryChecks } from './checks.ts'
import { entriesFile } from './layered.ts'
import { sameTree } from './same-tree.ts'
import { smallChecks } from './small-checks.ts'
import { squash } from './squash.ts'
import zh from './zh.json' with { type: 'json' }

const answers = 'chapters/05-commit/lab/exercises.ts'

export const lab: ChapterLab = {
  blanks: {
    [entriesFile]: ['layerEntries'],
    [answers]: ['predictedPaths', 'effectsOf', 'mendedLayers', 'squashed'],
  },
  dropped: {
    [entriesFile]: ['entriesOf', 'whiteoutOf'],
    [answers]: ['isReplaced', 'isHiding', 'opaqueMarkIn', 'markedBy', 'isAtOrIn'],
  },
  exercises: [
    {
      id: 'entries',
      kind: 'write',
      title: sentence('Write layerEntries: what a container wrote, as a layer'),
      task: sentence(
        'commit reads the upper directory; you decide what goes into the archive. Write ' +
          'layerEntries: facts in, entries out. Begin with one entry for each fact; then ' +
          'whiteouts, opaque directories, hard links, and what has to stay behind.',
      ),
      file: entriesFile,
      symbols: ['layerEntries'],
      hints: [
        sentence(
          'Most facts are entries already: which of their fields does a LayerEntry not have?',
        ),
        sentence(
          'A function from one fact to a list of entries will do: none, one or two of them.',
        ),
        sentence('Ask about whiteouts before anything else: all of them are names of one file.'),
        sentence(
          'Hard links need a memory: a map from inode number to the first path. The second ' +
            'argument is that map.',
        ),
      ],
    },
    {
      id: 'predict',
      kind: 'predict',
      title: sentence('Predict the entries of a layer'),
      task: sentence(
        'Four lines run in a container, and it is committed. Which paths does the new layer ' +
          'have? Write them down before you try it.',
      ),
      file: answers,
      symbols: ['predictedPaths'],
      hints: [
        sentence('Take one line at a time: what does find print in upper after it?'),
        sentence('upper has every directory on the way to a change, and so has the layer.'),
        sentence(
          'A new name changes the time of its directory, and deleting it changes that again.',
        ),
      ],
    },
    {
      id: 'read',
      kind: 'read',
      title: sentence('Read the headers of a layer'),
      task: sentence(
        'Write effectsOf: from the tar headers of a layer to what each entry does to the image ' +
          'below: it puts a file, deletes a name, or hides what a directory had.',
      ),
      file: answers,
      symbols: ['effectsOf'],
      hints: [
        sentence('textIn gives the text of one field; the path is made of two of them.'),
        sentence(
          'The last name of a path, after the last slash, says whether the entry is a mark.',
        ),
        sentence(
          'The mark of an opaque directory begins like a whiteout: which do you look for first?',
        ),
      ],
    },
    {
      id: 'repair',
      kind: 'repair',
      title: sentence('Repair the layers of a manifest'),
      task: sentence(
        'Write mendedLayers: the config still has its diff_ids, the blobs are there and ' +
          'measured; give the manifest its layers back.',
      ),
      file: answers,
      symbols: ['mendedLayers'],
      hints: [
        sentence('Three lists: one has the right order, one the right numbers, one is damaged.'),
        sentence('A diff_id and a digest name the same layer: before and after compression.'),
      ],
    },
    {
      id: 'squash',
      kind: 'open',
      title: sentence('Open: make one layer of two'),
      task: sentence(
        'Write squashed, as docker build --squash did: two layers become one, and no container ' +
          'can tell the difference. The chapter does not show how.',
      ),
      file: answers,
      symbols: ['squashed'],
      hints: [
        sentence(
          'Begin with all of both, then ask which entries of the lower layer nobody can see.',
        ),
        sentence('A whiteout of the upper layer still has work to do: there is an image below.'),
        sentence(
          'The hard case is a directory where the lower layer had a file or a whiteout: that had ' +
            'hidden a directory of the image.',
        ),
      ],
    },
  ],
  checks: [...entryChecks, sameTree, ...smallChecks, squash],
  zh: { ...findingsZh, ...zh },
}
