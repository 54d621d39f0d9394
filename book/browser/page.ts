/** Every page: theme, copy buttons, the language of the same section, keys, where you stopped. */
import { addCopyButtons } from './page/copy.ts'
import { askFirst } from './page/predict.ts'
import { keepPlace } from './page/place.ts'
import { listenToKeys } from './page/keys.ts'
import { followSections } from './page/sections.ts'
import { openSearch } from './page/open-search.ts'
import { switchTheme } from './page/themes.ts'
import { unfoldToPrint } from './page/unfold.ts'

switchTheme()
addCopyButtons()
askFirst()
followSections()
keepPlace()
listenToKeys()
unfoldToPrint()
document.querySelector('.open-search')?.addEventListener('click', openSearch)
