import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";

const SCRIPTS = {
  bash: `_davit() {
  local IFS=$'\\n'
  COMPREPLY=($(davit __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _davit davit
`,
  zsh: `#compdef davit
_davit() {
  local -a found
  found=("\${(@f)$(davit __complete "\${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\\\:/g; s/\\t/:/')}")
  if [[ -n "\${found[1]}" ]]; then _describe davit found; else _files; fi
}
compdef _davit davit
`,
  fish: `function __davit_complete
  set -l words (commandline -opc) (commandline -ct)
  davit __complete $words[2..-1] 2>/dev/null
end
complete -c davit -a '(__davit_complete)'
`,
} as const;

/** `davit completion SHELL` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Print a shell's completion script",
    fullDescription: `Print a script that completes davit's commands and flags.

  source <(davit completion bash)
  davit completion zsh > "\${fpath[1]}/_davit"
  davit completion fish > ~/.config/fish/completions/davit.fish`,
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "bash, zsh or fish",
        placeholder: "SHELL",
        parse: parseShell,
        proposeCompletions: () => Object.keys(SCRIPTS),
      }],
    },
  },
  func(this: Context, _flags: Record<never, never>, shell: keyof typeof SCRIPTS): void {
    this.process.stdout.write(SCRIPTS[shell]);
  },
});

function parseShell(text: string): keyof typeof SCRIPTS {
  if (text === "bash" || text === "zsh" || text === "fish") return text;
  throw new SyntaxError(`Cannot complete for "${text}": expected bash, zsh or fish`);
}
