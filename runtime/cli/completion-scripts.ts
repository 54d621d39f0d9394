/** The scripts that connect shells with `stepbox completion words`. */

/**
 * Words are cut at blanks only: bash would also cut at `:` and `=`, which are in names and flags,
 * and then replaces only what follows the last of them.
 */
const bash = `
_stepbox() {
  local line=\${COMP_LINE:0:COMP_POINT} found prefix
  local -a words
  read -ra words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  local last=\${words[-1]}
  found=$("\${words[0]}" completion words -- "\${words[@]:1}" 2> /dev/null)
  if [[ $found == :files ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
    return
  fi
  local IFS=$'\\n'
  COMPREPLY=($found)
  prefix=\${last%"\${last##*[:=]}"}
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
}
complete -F _stepbox stepbox
`

const zsh = `
#compdef stepbox
_stepbox() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  if [[ "$found" == :files ]]; then _files; else compadd -- \${found:#}; fi
}
if [[ "\${funcstack[1]}" == _stepbox ]]; then _stepbox; else compdef _stepbox stepbox; fi
`

const fish = `
function __stepbox_words
  set -l words (commandline -opc)
  set -l found ($words[1] completion words -- $words[2..] (commandline -ct) 2> /dev/null)
  if test "$found" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c stepbox -f -a '(__stepbox_words)'
`

export const scripts: Partial<Record<string, string>> = { bash, zsh, fish }
