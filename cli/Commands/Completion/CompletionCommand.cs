using System.CommandLine;
using System.Text;

namespace NetSniff.Cli.Commands.Completion;

/// <summary>`netsniff completion SHELL`: what a shell reads to complete our command lines.</summary>
internal static class CompletionCommand
{
    private const string About =
        """
        Print what makes a shell complete our command lines. Names come out of the cluster. As a plugin of kubectl 1.26
        and later nothing is needed but kubectl's own completion, and kubectl_complete-netsniff beside the plugin.

        Examples:
          netsniff completion bash > ~/.local/share/bash-completion/completions/netsniff
          netsniff completion zsh > ~/.zfunc/_netsniff
          netsniff completion fish > ~/.config/fish/completions/netsniff.fish
          netsniff completion powershell >> $PROFILE
        """;

    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal)
    {
        ["bash"] =
            """
            _NAME_complete() {
                local IFS=$'\n' lines last word typed glue= words=()
                # Readline breaks words at = and : as well.
                for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
                    if [[ $word == [=:] && ${#words[@]} -gt 0 ]]; then words[-1]+=$word; glue=yes
                    elif [[ $glue ]]; then words[-1]+=$word; glue=
                    else words+=("$word"); fi
                done
                typed=${words[-1]}
                [[ $COMP_WORDBREAKS == *=* && $typed == *[=:]* ]] && glue=${typed%"${typed##*[=:]}"} || glue=
                COMPREPLY=()
                lines=($(CALL __complete "${words[@]}" 2>/dev/null)) || return
                last=${lines[-1]#:}
                unset 'lines[-1]'
                for word in "${lines[@]}"; do
                    word=${word%%$'\t'*}
                    COMPREPLY+=("${word#"$glue"}")
                done
                (( last & 2 )) && compopt -o nospace
                (( last & 4 )) || compopt -o default
            }
            complete -F _NAME_complete CALL

            """,
        ["zsh"] =
            """
            #compdef CALL
            _NAME_complete() {
                local -a lines shown
                local line last
                lines=("${(@f)$(CALL __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
                last=${lines[-1]#:}
                for line in "${(@)lines[1,-2]}"; do
                    if [[ $line == *$'\t'* ]]; then shown+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
                    else shown+=("${line//:/\\:}"); fi
                done
                (( ${#shown} )) || { _files; return }
                if (( last & 2 )); then _describe -V 'netsniff' shown -S ''; else _describe -V 'netsniff' shown; fi
            }
            # Loaded by its name it is to complete at once; read by hand it says what for.
            if [[ ${funcstack[1]} == _CALL ]]; then _NAME_complete; else compdef _NAME_complete CALL; fi

            """,
        ["fish"] =
            """
            function _NAME_complete
                set -l words (commandline -opc) (commandline -ct)
                set -l found (CALL __complete $words[2..-1] 2>/dev/null | string match -v -r '^:[0-9]+$')
                if test (count $found) -gt 0
                    printf '%s\n' $found
                else
                    __fish_complete_path (commandline -ct)
                end
            end
            complete -c CALL -f -a '(_NAME_complete)'

            """,
        ["powershell"] =
            """
            Register-ArgumentCompleter -Native -CommandName 'CALL' -ScriptBlock {
                param($word, $ast, $position)
                $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
                if ($word -eq '') { $words += '' }
                & CALL __complete @words 2>$null | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
                    $text, $about = $_ -split "`t", 2
                    if (-not $about) { $about = $text }
                    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $about)
                }
            }

            """,
    };

    public static Command Make(CommandRunner runner)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", s_scripts.Keys) + "." };
        shell.CompletionSources.Add([.. s_scripts.Keys]);
        var command = new Command("completion", About) { shell };
        runner.Set(command, (result, terminal, _) =>
        {
            var asked = result.GetValue(shell)!;
            if (!s_scripts.TryGetValue(asked, out var script))
            {
                throw new UsageException($"no completion for '{asked}': {string.Join(", ", s_scripts.Keys)}");
            }

            var called = runner.IsPlugin ? "kubectl-netsniff" : "netsniff";
            terminal.Output.Write(Encoding.UTF8.GetBytes(script
                .Replace("NAME", called.Replace('-', '_'), StringComparison.Ordinal)
                .Replace("CALL", called, StringComparison.Ordinal)));
            return ExitCode.Ok;
        });
        return command;
    }
}
